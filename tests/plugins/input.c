/* Writes a row for every cell of its input tables: "METHOD/TABLE/COLUMN" and the value. */
#include "fixture.h"

static const struct sonde_column place = {SONDE_SIZE(sonde_column), .id = "place", .type = SONDE_STRING};
static const struct sonde_column value = {SONDE_SIZE(sonde_column), .id = "value", .type = SONDE_STRING, .nullable = 1};
static const struct sonde_column *const columns[] = {&place, &value, NULL};
static const struct sonde_table table = {SONDE_SIZE(sonde_table), .id = "seen", .columns = columns};
static const struct sonde_table *const tables[] = {&table, NULL};

static int32_t say(const struct sonde_host *host, const struct sonde_input *input, uint64_t row, uint32_t column)
{
    char where[256];
    char number[32];
    const struct sonde_cell *cell = &input->cells[row * input->column_count + column];
    struct sonde_cell cells[2];
    snprintf(where, sizeof where, "%s/%s/%s", input->method, input->table, input->columns[column]);
    cells[0] = sonde_string(where);
    if (cell->type == SONDE_INT || cell->type == SONDE_DURATION) {
        snprintf(number, sizeof number, "%lld", (long long)cell->v.i);
        cells[1] = sonde_string(number);
    } else {
        /* Strings at run time have a NUL behind them as well. */
        cells[1] = cell->type == SONDE_STRING ? sonde_string((const char *)cell->v.p) : sonde_null();
    }
    return host->row(host, 0, cells, 2);
}

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    uint32_t i, column;
    uint64_t row;
    for (i = 0; i < in->input_count; ++i)
        for (row = 0; row < in->inputs[i].row_count; ++row)
            for (column = 0; column < in->inputs[i].column_count; ++column)
                if (say(host, &in->inputs[i], row, column) != 0)
                    return 0;
    return 0;
}

static const struct sonde_method method = {SONDE_SIZE(sonde_method),
                                           .flags = SONDE_TAKES_INPUT,
                                           .id = "input",
                                           .version = "1.0",
                                           .functions = fixture_functions,
                                           .tables = tables,
                                           .statuses = fixture_statuses,
                                           .run = run};
static const struct sonde_method *const methods[] = {&method, NULL};
SONDE_EXPORT const struct sonde_plugin sonde_plugin_v1 = {SONDE_PREFIX, .name = "input", .version = "1.0.0",
                                                          .licence = "Apache-2.0", .methods = methods};
