#include "plugin_host/long_lists.hpp"

#include <cstdint>
#include <utility>

namespace sonde::plugin_host {

namespace {

// Half a packet, so that the rest of a message always fits beside.
constexpr std::size_t kPacketBytes = frames::kFrameBytesMax / 2;

std::size_t bytes_of_item(const frames::Scalar &item)
{
    return sizeof item.integer + sizeof item.real + sizeof(std::uint32_t) + item.text.size();
}

} // namespace

std::size_t bytes_of(const std::vector<frames::OptionValue> &values)
{
    std::size_t bytes = 0;
    for (const frames::OptionValue &value : values)
        for (const frames::Scalar &item : value.items)
            bytes += bytes_of_item(item);
    return bytes;
}

Result<std::vector<frames::Frame>> take_out_long_lists(frames::Invoke &invoke)
{
    std::vector<frames::Frame> messages;
    if (bytes_of(invoke.values) <= kPacketBytes)
        return messages;
    for (std::uint32_t option = 0; option < invoke.values.size(); ++option) {
        frames::OptionValue &value = invoke.values[option];
        if (!value.list)
            continue;
        std::vector<frames::Scalar> items = std::exchange(value.items, {});
        for (std::size_t at = 0; at < items.size();) {
            frames::MoreItems more{option, {}};
            for (std::size_t bytes = 0;
                 at < items.size() && (bytes == 0 || bytes + bytes_of_item(items[at]) <= kPacketBytes); ++at) {
                bytes += bytes_of_item(items[at]);
                more.items.push_back(std::move(items[at]));
            }
            Result<frames::Frame> message = frames::encode(frames::AgentToRun(std::move(more)));
            if (!message)
                return message.error();
            messages.push_back(std::move(*message));
        }
    }
    invoke.more_items = !messages.empty();
    return messages;
}

} // namespace sonde::plugin_host
