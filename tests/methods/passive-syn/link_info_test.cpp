#include "link_info.hpp"
#include "point.hpp"

#include "support/catch.hpp"

#include <cstring>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

using namespace sonde::passive_syn;

namespace {

using Message = std::vector<std::byte>;
using Names = std::vector<std::string>;

void put(Message &message, const void *data, std::size_t size)
{
    const auto *bytes = static_cast<const std::byte *>(data);
    message.insert(message.end(), bytes, bytes + size);
    message.resize(RTA_ALIGN(message.size()));
}

void put_attribute(Message &message, std::uint16_t type, const void *data, std::size_t size)
{
    const rtattr header{static_cast<std::uint16_t>(sizeof header + size), type};
    put(message, &header, sizeof header);
    put(message, data, size);
}

void put_number(Message &message, std::uint16_t type, int value)
{
    put_attribute(message, type, &value, sizeof value);
}

Message head(int index, const char *name, unsigned flags = IFF_UP)
{
    ifinfomsg link{};
    link.ifi_index = index;
    link.ifi_flags = flags;
    link.ifi_type = ARPHRD_ETHER;
    Message message;
    put(message, &link, sizeof link);
    put_attribute(message, IFLA_IFNAME, name, std::strlen(name) + 1);
    return message;
}

Message vlan_message()
{
    Message message = head(7, "eth0.7");
    put_number(message, IFLA_LINK, 2);
    put_number(message, IFLA_MASTER, 9);
    Message kind;
    put_attribute(kind, IFLA_INFO_KIND, "vlan", 5);
    put_attribute(message, IFLA_LINKINFO | NLA_F_NESTED, kind.data(), kind.size());
    const std::uint8_t id[] = {1, 2};
    put_attribute(message, IFLA_PHYS_SWITCH_ID, id, sizeof id);
    Message xdp;
    const std::uint8_t attached = XDP_ATTACHED_DRV;
    put_attribute(xdp, IFLA_XDP_ATTACHED, &attached, 1);
    put_attribute(message, IFLA_XDP, xdp.data(), xdp.size());
    return message;
}

LinkInfo link(int index, const char *name, const char *kind = "", int master = 0, int lower = 0)
{
    LinkInfo made;
    made.index = index;
    made.name = name;
    made.kind = kind;
    made.master = master;
    made.lower = lower;
    made.type = ARPHRD_ETHER;
    return made;
}

} // namespace

TEST_CASE("what the kernel says of an interface is read")
{
    const auto found = read_link(vlan_message());
    REQUIRE(found);
    CHECK(found->index == 7);
    CHECK(found->name == "eth0.7");
    CHECK(found->kind == "vlan");
    CHECK(found->lower == 2);
    CHECK(found->master == 9);
    CHECK(found->up);
    CHECK(found->switch_port);
    CHECK(found->xdp);
    CHECK_FALSE(read_link(head(1, "down", 0))->up);
}

TEST_CASE("an interface that stands on one in another namespace stands on none here")
{
    Message message = head(3, "veth");
    put_number(message, IFLA_LINK, 2);
    put_number(message, IFLA_LINK_NETNSID, 0);
    CHECK(read_link(message)->lower == 0);
}

TEST_CASE("a message that is cut anywhere is read as far as it goes")
{
    const Message whole = vlan_message();
    for (std::size_t length = 0; length < whole.size(); ++length) {
        // Memory that ends where the message does.
        const Message cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        const auto found = read_link(cut);
        CHECK(found.has_value() == (length >= sizeof(ifinfomsg)));
    }
    Message wrong = whole;
    wrong[sizeof(ifinfomsg)] = std::byte{1}; // an attribute shorter than its own head
    CHECK(read_link(wrong)->name.empty());
}

TEST_CASE("the same packets are seen at a bridge and its ports, a bond and its, a VLAN and what it is of")
{
    const std::vector<LinkInfo> links{link(1, "lo"),
                                      link(2, "eth0", "", 10),
                                      link(3, "eth1", "", 11),
                                      link(4, "eth2", "", 11),
                                      link(10, "br0", "bridge"),
                                      link(11, "bond0", "bond"),
                                      link(12, "bond0.7", "vlan", 0, 11),
                                      link(13, "wan", "macvlan", 0, 12),
                                      link(14, "gre1", "gre", 0, 2),
                                      link(15, "va", "veth", 0, 16),
                                      link(16, "vb", "veth", 0, 15)};
    CHECK(also_seen_at(1, links).empty());
    CHECK(also_seen_at(2, links) == Names{"br0"});
    CHECK(also_seen_at(10, links) == Names{"eth0"});
    CHECK(also_seen_at(3, links) == Names{"bond0", "bond0.7", "wan"}); // not the bond's other port
    CHECK(also_seen_at(11, links) == Names{"eth1", "eth2", "bond0.7", "wan"});
    CHECK(also_seen_at(13, links) == Names{"eth1", "eth2", "bond0", "bond0.7"});
    CHECK(also_seen_at(14, links).empty()); // a tunnel's packets are inside others there
    CHECK(also_seen_at(15, links) == Names{"vb"});
}

TEST_CASE("interfaces that name each other in a circle end the search")
{
    const std::vector<LinkInfo> links{link(1, "a", "vlan", 2, 2), link(2, "b", "vlan", 1, 1)};
    CHECK(also_seen_at(1, links) == Names{"b"});
}

TEST_CASE("the observation point says what can take packets past it")
{
    LinkInfo one = link(2, "lan1");
    PointRow row = describe_point(PointEvent::begin, {5}, one, {}, false);
    CHECK(row.kind == "ethernet");
    CHECK_FALSE(row.may_miss);
    CHECK_FALSE(row.also_seen_at);
    one.switch_port = one.xdp = true;
    row = describe_point(PointEvent::change, {5}, one, {"br0", "lan1.7"}, true);
    CHECK(row.may_miss == "hardware-offload,switch-chip,xdp");
    CHECK(row.also_seen_at == "br0,lan1.7");
}
