#include "hosting/inputs.hpp"

#include "frames/packet_buffer.hpp"
#include "frames/rows.hpp"
#include "frames/socket.hpp"

#include <iterator>
#include <utility>

namespace sonde::hosting {

using namespace sonde::frames;

Result<Inputs> Inputs::receive(int agent, std::vector<OptionValue> &values)
{
    Inputs inputs;
    const PacketBuffer buffer;
    for (;;) {
        const Result<Received> received = frames::receive(agent, buffer, 0);
        if (!received)
            return received.error();
        if (received->transfer != Transfer::done)
            return Error{"inputs", "the agent is gone", ""};
        Result<AgentToRun> message = decode<AgentToRun>(received->frame);
        if (!message)
            return message.error();
        if (std::holds_alternative<InputsEnd>(*message))
            return inputs;
        if (auto *table = std::get_if<InputTable>(&*message)) {
            inputs.tables_.emplace_back(std::move(*table));
            continue;
        }
        if (auto *more = std::get_if<MoreItems>(&*message)) {
            if (more->option >= values.size() || !values[more->option].list)
                return Error{"inputs", "items of an option that takes no list", ""};
            std::vector<Scalar> &items = values[more->option].items;
            items.insert(items.end(), std::make_move_iterator(more->items.begin()),
                         std::make_move_iterator(more->items.end()));
            continue;
        }
        const auto *rows = std::get_if<Rows>(&*message);
        if (rows == nullptr)
            return Error{"inputs", "the agent sent something else", ""};
        if (const Result<void> added = inputs.add(*rows); !added)
            return added.error();
    }
}

Result<void> Inputs::add(const Rows &rows)
{
    if (rows.table >= tables_.size())
        return Error{"inputs", "rows of a table that was not announced", ""};
    Table &table = tables_[rows.table];
    const RowFormat format(table.declared.table);
    RowReader reader(format, rows);
    while (reader.next()) {
        for (sonde_cell cell : reader.cells()) {
            if (cell.type == SONDE_STRING || cell.type == SONDE_BYTES || cell.type == SONDE_ADDRESS)
                cell.v.p = table.bytes.emplace_back(static_cast<const char *>(cell.v.p), cell.size).c_str();
            table.cells.push_back(cell);
        }
        ++table.rows;
    }
    if (reader.error())
        return *reader.error();
    return {};
}

std::span<const sonde_input> Inputs::get()
{
    inputs_.clear();
    for (Table &table : tables_) {
        table.columns.clear();
        for (const ColumnDescription &column : table.declared.table.columns)
            table.columns.push_back(column.id.c_str());
        inputs_.push_back({table.declared.method.c_str(), table.declared.table.id.c_str(), table.columns.data(),
                           table.cells.data(), table.rows, static_cast<std::uint32_t>(table.columns.size()), 0});
    }
    return inputs_;
}

} // namespace sonde::hosting
