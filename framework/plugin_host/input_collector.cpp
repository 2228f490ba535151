#include "plugin_host/input_collector.hpp"

#include <string>

namespace sonde::plugin_host {

InputCollector::InputCollector(const frames::MethodDescription &method)
{
    for (const frames::TableDescription &table : method.tables)
        inputs_.push_back(std::make_shared<Input>(method.id, table));
}

void InputCollector::row(std::uint32_t table, std::span<const sonde_cell> cells)
{
    if (bytes_ > kInputBytesMax)
        return;
    const std::size_t before = inputs_[table]->bytes();
    inputs_[table]->add(cells);
    bytes_ += inputs_[table]->bytes() - before;
}

boost::asio::awaitable<Result<void>> InputCollector::batch_end()
{
    Result<void> result;
    if (bytes_ > kInputBytesMax)
        result = Error{"", "its rows are too many to be another run's input",
                       "at most " + std::to_string(kInputBytesMax) + " bytes"};
    co_return result;
}

} // namespace sonde::plugin_host
