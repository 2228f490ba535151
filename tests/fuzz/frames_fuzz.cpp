// libFuzzer's target for what comes from a runner, a run, a launcher or an agent. The first byte of the input chooses
// the direction, the rest is the packet; rows are read as those of a table with a column of each type.
#include "frames/rows.hpp"

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <type_traits>
#include <variant>

namespace {

using namespace sonde::frames;

void abort_unless(bool good)
{
    if (!good)
        std::abort();
}

const RowFormat &every_type()
{
    static const TableDescription table = [] {
        TableDescription all;
        all.id = "all";
        for (sonde_type type = SONDE_BOOL; type <= SONDE_ADDRESS; ++type) {
            ColumnDescription &column = all.columns.emplace_back();
            column.id = "column" + std::to_string(type);
            column.type = type;
            column.clock = type == SONDE_TIMESTAMP ? SONDE_CLOCK_WALL : SONDE_CLOCK_NONE;
            column.nullable = type % 2 == 0;
        }
        return all;
    }();
    static const RowFormat format(table);
    return format;
}

void read_rows(const Rows &rows)
{
    RowReader reader(every_type(), rows);
    std::uint32_t count = 0;
    while (reader.next()) {
        ++count;
        abort_unless(reader.cells().size() == every_type().columns());
        for (std::size_t column = 0; column < reader.cells().size(); ++column)
            abort_unless(every_type().accepts(column, reader.cells()[column]));
    }
    abort_unless(count <= rows.row_count && (reader.error() || count == rows.row_count));
}

// What was accepted is written again, and then says the same.
template <class Direction>
void read(std::span<const std::byte> packet)
{
    const auto message = decode<Direction>(packet);
    if (!message)
        return;
    const auto frame = encode(*message);
    abort_unless(frame.has_value());
    const auto again = decode<Direction>(*frame);
    abort_unless(again && encode(*again).value() == *frame);
    if constexpr (std::is_same_v<Direction, RunToAgent>) {
        if (const Rows *rows = std::get_if<Rows>(&*message))
            read_rows(*rows);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const auto packet = std::as_bytes(std::span(data, size)).subspan(1);
    switch (data[0] % 8) {
    case 0:
        read<RunToAgent>(packet);
        break;
    case 1:
        read<RunnerToAgent>(packet);
        break;
    case 2:
        read<AgentToRunner>(packet);
        break;
    case 3:
        read<AgentToRun>(packet);
        break;
    case 4:
        read<LauncherToAgent>(packet);
        break;
    case 5:
        read<AgentToLauncher>(packet);
        break;
    case 6:
        read<FrontToMonitor>(packet);
        break;
    default:
        read<MonitorToFront>(packet);
    }
    return 0;
}
