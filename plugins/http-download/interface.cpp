#include "interface.hpp"

#include <sonde/address.hpp>
#include <sonde/plugin.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>

namespace sonde::http_download {
namespace {

constexpr std::int64_t kEthernetHeader = 14;

int link_type(const std::string &name)
{
    int type = -1;
    std::ifstream("/sys/class/net/" + name + "/type") >> type;
    return type;
}

std::uint32_t mark_of(int connection)
{
    std::uint32_t mark = 0;
    socklen_t length = sizeof mark;
    getsockopt(connection, SOL_SOCKET, SO_MARK, &mark, &length);
    return mark;
}

void append(std::string &message, const void *data, std::size_t size)
{
    message.append(static_cast<const char *>(data), size);
    message.resize(NLMSG_ALIGN(message.size()));
}

void append_attribute(std::string &message, unsigned short type, const void *data, std::size_t size)
{
    const rtattr attribute = {static_cast<unsigned short>(RTA_LENGTH(size)), type};
    append(message, &attribute, sizeof attribute);
    append(message, data, size);
}

// Where would this be sent (rtnetlink(7))? With all that rules and several ways of one route go by.
std::string route_question(const plugin::Endpoint &from, const plugin::Endpoint &to, std::uint32_t mark)
{
    const std::size_t size = to.ip.family == 4 ? 4 : 16;
    const std::uint8_t protocol = IPPROTO_TCP;
    const std::uint16_t from_port = htons(from.port);
    const std::uint16_t to_port = htons(to.port);
    std::string attributes;
    append_attribute(attributes, RTA_SRC, from.ip.bytes, size);
    append_attribute(attributes, RTA_DST, to.ip.bytes, size);
    append_attribute(attributes, RTA_OIF, &to.ip.interface, sizeof to.ip.interface);
    append_attribute(attributes, RTA_MARK, &mark, sizeof mark);
    append_attribute(attributes, RTA_IP_PROTO, &protocol, sizeof protocol);
    append_attribute(attributes, RTA_SPORT, &from_port, sizeof from_port);
    append_attribute(attributes, RTA_DPORT, &to_port, sizeof to_port);

    rtmsg route = {};
    route.rtm_family = to.ip.family == 4 ? AF_INET : AF_INET6;
    route.rtm_src_len = route.rtm_dst_len = static_cast<unsigned char>(8 * size);
    nlmsghdr header = {};
    header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof route) + attributes.size());
    header.nlmsg_type = RTM_GETROUTE;
    header.nlmsg_flags = NLM_F_REQUEST;
    std::string message;
    append(message, &header, sizeof header);
    append(message, &route, sizeof route);
    return message + attributes;
}

// The index of the interface that an answer names, 0 if none.
int output_of(std::string_view answer)
{
    nlmsghdr header;
    if (answer.size() < NLMSG_LENGTH(sizeof(rtmsg)))
        return 0;
    std::memcpy(&header, answer.data(), sizeof header);
    if (header.nlmsg_type != RTM_NEWROUTE)
        return 0;
    answer.remove_prefix(NLMSG_LENGTH(sizeof(rtmsg)));
    for (rtattr attribute; answer.size() >= sizeof attribute;) {
        std::memcpy(&attribute, answer.data(), sizeof attribute);
        if (attribute.rta_len < sizeof attribute || attribute.rta_len > answer.size())
            return 0;
        if (int index = 0; attribute.rta_type == RTA_OIF && attribute.rta_len == RTA_LENGTH(sizeof index)) {
            std::memcpy(&index, answer.data() + sizeof attribute, sizeof index);
            return index;
        }
        answer.remove_prefix(std::min<std::size_t>(RTA_ALIGN(attribute.rta_len), answer.size()));
    }
    return 0;
}

} // namespace

std::string interface_of(int connection)
{
    const plugin::Endpoint from = plugin::local_endpoint(connection);
    const plugin::Endpoint to = plugin::peer_endpoint(connection);
    const plugin::Fd kernel(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    const std::string question = route_question(from, to, mark_of(connection));
    sockaddr_nl address = {};
    address.nl_family = AF_NETLINK;
    if (to.ip.family == 0 || !kernel ||
        sendto(kernel.get(), question.data(), question.size(), 0, reinterpret_cast<const sockaddr *>(&address),
               sizeof address) < 0)
        return {};
    std::array<char, 4096> answer;
    const ssize_t length = recv(kernel.get(), answer.data(), answer.size(), MSG_DONTWAIT); // it is there already
    ifreq link = {};
    link.ifr_ifindex = output_of({answer.data(), length > 0 ? static_cast<std::size_t>(length) : 0});
    return ioctl(connection, SIOCGIFNAME, &link) == 0 ? link.ifr_name : "";
}

// A line of /proc/net/dev: the name, eight figures of what was received (bytes, packets, ...), eight of what was sent.
std::optional<InterfaceBytes> read_interface(const std::string &name)
{
    const int type = link_type(name);
    if (type == ARPHRD_LOOPBACK)
        return std::nullopt; // it receives what it sends
    std::ifstream file("/proc/self/net/dev");
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(':');
        const auto first = line.find_first_not_of(' ');
        if (colon == std::string::npos || line.substr(first, colon - first) != name)
            continue;
        std::istringstream figures(line.substr(colon + 1));
        std::int64_t all[16] = {};
        for (auto &figure : all)
            figures >> figure;
        if (!figures)
            return std::nullopt;
        const std::int64_t header = type == ARPHRD_ETHER ? kEthernetHeader : 0;
        return InterfaceBytes{all[0] - all[1] * header, all[8] - all[9] * header};
    }
    return std::nullopt;
}

} // namespace sonde::http_download
