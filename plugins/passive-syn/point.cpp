#include "point.hpp"

namespace sonde::passive_syn {

namespace {

std::optional<std::string> join(const std::vector<std::string> &words)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : ",") + word;
    return text.empty() ? std::nullopt : std::optional(text);
}

} // namespace

PointRow describe_point(PointEvent event, sonde::plugin::Timestamp at, const LinkInfo &link,
                        const std::vector<std::string> &also_seen_at, bool hardware_offload)
{
    std::vector<std::string> may_miss;
    if (hardware_offload)
        may_miss.emplace_back("hardware-offload");
    if (link.switch_port)
        may_miss.emplace_back("switch-chip");
    if (link.xdp)
        may_miss.emplace_back("xdp");
    PointRow row;
    row.at = at;
    row.event = event;
    row.interface = link.name;
    row.kind = kind_word(link);
    row.up = link.up;
    row.also_seen_at = join(also_seen_at);
    row.may_miss = join(may_miss);
    return row;
}

} // namespace sonde::passive_syn
