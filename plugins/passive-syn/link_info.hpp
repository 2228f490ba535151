#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sonde::passive_syn {

// What the kernel says of an interface of this machine (rtnetlink(7)).
struct LinkInfo {
    int index = 0;
    int master = 0; // the bridge, bond or VRF that it is a port of; 0: none
    int lower = 0;  // the interface that it stands on, or a veth's other end; 0: none, or in another namespace
    bool up = false;
    bool switch_port = false; // of a switch chip that forwards by itself
    bool xdp = false;         // a program takes packets before they get to the kernel's network stack
    std::uint16_t type = 0;   // ARPHRD_...
    std::string name;
    std::string kind; // as `ip -details link` names it: vlan, bridge, ...; empty for hardware
};

// From an ifinfomsg and the attributes behind it; nothing if that is no complete one.
std::optional<LinkInfo> read_link(std::span<const std::byte> message);

// Names of the interfaces at which packets of `index` are seen as well, by bridge, bond, VLAN and the like: counts of
// both must not be added. In the order of `links`, which are all of this machine.
std::vector<std::string> also_seen_at(int index, const std::vector<LinkInfo> &links);

// The kind of interface in one word, also of hardware.
std::string kind_word(const LinkInfo &link);

} // namespace sonde::passive_syn
