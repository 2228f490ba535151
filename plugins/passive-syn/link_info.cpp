#include "link_info.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

namespace sonde::passive_syn {

namespace {

using Payload = std::span<const std::byte>;

// Calls `each(type, payload)` for the attributes; a cut one ends the list.
template <class Each>
void for_attributes(Payload bytes, Each each)
{
    rtattr header;
    while (bytes.size() >= sizeof header) {
        std::memcpy(&header, bytes.data(), sizeof header);
        if (header.rta_len < sizeof header || header.rta_len > bytes.size())
            return;
        each(header.rta_type & NLA_TYPE_MASK, bytes.subspan(sizeof header, header.rta_len - sizeof header));
        bytes = bytes.subspan(std::min<std::size_t>(RTA_ALIGN(header.rta_len), bytes.size()));
    }
}

int number(Payload payload)
{
    int value = 0;
    if (payload.size() >= sizeof value)
        std::memcpy(&value, payload.data(), sizeof value);
    return value;
}

std::string text(Payload payload)
{
    const std::string_view all(reinterpret_cast<const char *>(payload.data()), payload.size());
    return std::string(all.substr(0, all.find('\0')));
}

// What stands on an interface and shows its packets once more. A tunnel shows others: what it carries.
bool shows_lower(std::string_view kind)
{
    for (const std::string_view one : {"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "dsa", "veth"})
        if (kind == one)
            return true;
    return false;
}

// A bridge over its port, a VLAN over what it is a VLAN of.
bool is_over(const LinkInfo &upper, const LinkInfo &lower)
{
    return lower.master == upper.index || (upper.lower == lower.index && shows_lower(upper.kind));
}

} // namespace

std::optional<LinkInfo> read_link(std::span<const std::byte> message)
{
    ifinfomsg head;
    if (message.size() < sizeof head)
        return std::nullopt;
    std::memcpy(&head, message.data(), sizeof head);
    LinkInfo link;
    link.index = head.ifi_index;
    link.type = head.ifi_type;
    link.up = (head.ifi_flags & IFF_UP) != 0;
    bool elsewhere = false;
    for_attributes(message.subspan(std::min<std::size_t>(NLMSG_ALIGN(sizeof head), message.size())),
                   [&](int type, Payload payload) {
                       if (type == IFLA_IFNAME)
                           link.name = text(payload);
                       else if (type == IFLA_MASTER)
                           link.master = number(payload);
                       else if (type == IFLA_LINK)
                           link.lower = number(payload);
                       else if (type == IFLA_LINK_NETNSID)
                           elsewhere = true;
                       else if (type == IFLA_PHYS_SWITCH_ID)
                           link.switch_port = true;
                       else if (type == IFLA_XDP)
                           for_attributes(payload, [&](int inner, Payload value) {
                               if (inner == IFLA_XDP_ATTACHED && !value.empty())
                                   link.xdp = value[0] != std::byte{XDP_ATTACHED_NONE};
                           });
                       else if (type == IFLA_LINKINFO)
                           for_attributes(payload, [&](int inner, Payload value) {
                               if (inner == IFLA_INFO_KIND)
                                   link.kind = text(value);
                           });
                   });
    if (elsewhere)
        link.lower = 0;
    return link;
}

std::vector<std::string> also_seen_at(int index, const std::vector<LinkInfo> &links)
{
    // Upwards and downwards apart: of a bridge's port the bridge, but not each other port.
    const auto reach = [&](auto adjacent) {
        std::vector<int> found{index};
        for (std::size_t i = 0; i < found.size(); ++i)
            for (const LinkInfo &here : links)
                for (const LinkInfo &next : links)
                    if (here.index == found[i] && adjacent(here, next) &&
                        std::find(found.begin(), found.end(), next.index) == found.end())
                        found.push_back(next.index);
        return found;
    };
    const auto above = reach([](const LinkInfo &here, const LinkInfo &next) { return is_over(next, here); });
    const auto below = reach([](const LinkInfo &here, const LinkInfo &next) { return is_over(here, next); });
    std::vector<std::string> names;
    for (const LinkInfo &link : links)
        if (link.index != index && (std::find(above.begin(), above.end(), link.index) != above.end() ||
                                    std::find(below.begin(), below.end(), link.index) != below.end()))
            names.push_back(link.name);
    return names;
}

std::string kind_word(const LinkInfo &link)
{
    if (!link.kind.empty())
        return link.kind;
    switch (link.type) {
    case ARPHRD_ETHER:
        return "ethernet";
    case ARPHRD_LOOPBACK:
        return "loopback";
    case ARPHRD_PPP:
        return "ppp";
    default:
        return "other";
    }
}

} // namespace sonde::passive_syn
