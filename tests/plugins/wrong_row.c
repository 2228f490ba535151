/*
 * After a good row one that breaks the declaration in the way that `how` names, or a count of bytes that cannot be;
 * then a good one again.
 */
#include "fixture.h"

static const char *const words[] = {"type", "null", "word", "cells", "table", "text", "bytes", NULL};
enum { TYPE, NULL_CELL, WORD, CELLS, TABLE, TEXT, BYTES };
static const struct sonde_option how = {SONDE_SIZE(sonde_option), .id = "how", .type = SONDE_ENUM, .required = 1,
                                        .words = words};
static const struct sonde_option *const options[] = {&how, NULL};

static int32_t run(const struct sonde_host *host, const struct sonde_invocation *in)
{
    struct sonde_cell cells[] = {sonde_int(1), sonde_string("odd"), sonde_null()};
    uint32_t table = 0;
    uint32_t count = 3;
    fixture_row(host, 1);
    switch (in->values[0].integer) {
    case TYPE:
        cells[0] = sonde_double(1);
        break;
    case NULL_CELL:
        cells[0] = sonde_null();
        break;
    case WORD:
        cells[1] = sonde_string("neither");
        break;
    case CELLS:
        count = 2;
        break;
    case TABLE:
        table = 1;
        break;
    case BYTES:
        host->count(host, UINT64_MAX - 1, 0);
        host->count(host, 3, 1); /* which goes round to a plausible one */
        fixture_row(host, 3);
        return 0;
    default:
        cells[1] = sonde_string("\xff");
    }
    if (host->row(host, table, cells, count) == 0)
        return FIXTURE_OTHER;
    fixture_row(host, 3);
    return 0;
}

FIXTURE_PLUGIN("wrong-row", .options = options);
