#include "plugin_host/input.hpp"

#include <utility>

namespace sonde::plugin_host {

Input::Input(std::string method, frames::TableDescription table)
    : message_{std::move(method), std::move(table)}, format_(message_.table), writer_(0, format_)
{
}

void Input::add(std::span<const sonde_cell> cells)
{
    bytes_ += cells.size_bytes();
    for (const sonde_cell &cell : cells)
        bytes_ += cell.size;
    if (writer_.add(cells))
        return;
    close_batch();
    writer_.add(cells);
}

void Input::close_batch()
{
    if (writer_.row_count() == 0)
        return;
    const frames::RunToAgent message = frames::decode<frames::RunToAgent>(writer_.frame()).value();
    const auto &rows = std::get<frames::Rows>(message);
    batches_.push_back({rows.row_count, {rows.cells.begin(), rows.cells.end()}});
    writer_.clear();
}

std::vector<frames::Frame> Input::messages(std::uint32_t index)
{
    close_batch();
    std::vector<frames::Frame> messages;
    messages.push_back(frames::encode(frames::AgentToRun(message_)).value());
    for (const Batch &batch : batches_)
        messages.push_back(frames::encode(frames::AgentToRun(frames::Rows{index, batch.rows, batch.cells})).value());
    return messages;
}

} // namespace sonde::plugin_host
