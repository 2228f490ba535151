#include "link_watch.hpp"

#include "failing.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace sonde::passive_syn {

namespace {

constexpr std::size_t kMessagesBytes = 64 * 1024;

sonde::plugin::Fd open_netlink(std::uint32_t groups)
{
    sonde::plugin::Fd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (!fd || bind(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        throw sonde::plugin::Failure{kUnexpected, std::string("rtnetlink: ") + strerror(errno)};
    return fd;
}

// Calls `each(type, payload)` for the messages of one datagram; returns what recv does.
template <class Each>
ssize_t receive(int fd, int flags, Each each)
{
    std::vector<std::byte> bytes(kMessagesBytes);
    const ssize_t length = recv(fd, bytes.data(), bytes.size(), flags);
    std::span<const std::byte> rest(bytes.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    nlmsghdr header;
    while (rest.size() >= sizeof header) {
        std::memcpy(&header, rest.data(), sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest.size())
            break;
        each(header.nlmsg_type, rest.subspan(sizeof header, header.nlmsg_len - sizeof header));
        rest = rest.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), rest.size()));
    }
    return length;
}

std::vector<LinkInfo> all_links()
{
    const sonde::plugin::Fd fd = open_netlink(0);
    struct {
        nlmsghdr header;
        ifinfomsg body;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_GETLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    // By its address: a method that captures sends to nobody whom it does not name.
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    if (sendto(fd.get(), &request, sizeof request, 0, reinterpret_cast<const sockaddr *>(&kernel), sizeof kernel) < 0)
        throw sonde::plugin::Failure{kUnexpected, std::string("RTM_GETLINK: ") + strerror(errno)};
    std::vector<LinkInfo> links;
    for (bool done = false; !done;) {
        const ssize_t length = receive(fd.get(), 0, [&](std::uint16_t type, std::span<const std::byte> payload) {
            done = done || type == NLMSG_DONE || type == NLMSG_ERROR;
            if (type != RTM_NEWLINK)
                return;
            if (auto link = read_link(payload))
                links.push_back(std::move(*link));
        });
        if (length < 0 && errno != EINTR)
            throw sonde::plugin::Failure{kUnexpected, std::string("RTM_GETLINK: ") + strerror(errno)};
    }
    return links;
}

[[noreturn]] void gone()
{
    throw sonde::plugin::Failure{kInterfaceGone, "the interface is gone"};
}

} // namespace

// News first, so that nothing happens unseen between the two.
LinkWatch::LinkWatch(std::uint32_t index) : index_(static_cast<int>(index)), news_(open_netlink(RTMGRP_LINK))
{
    look();
}

void LinkWatch::look()
{
    const std::vector<LinkInfo> links = all_links();
    const LinkInfo *mine = nullptr;
    for (const LinkInfo &link : links)
        if (link.index == index_)
            mine = &link;
    if (mine == nullptr)
        gone();
    link_ = *mine;
    also_seen_at_ = passive_syn::also_seen_at(index_, links);
}

LinkWatch::News LinkWatch::read_news()
{
    News news;
    for (;;) {
        const auto take = [&](std::uint16_t type, std::span<const std::byte> payload) {
            const auto link = read_link(payload);
            if (!link || link->index != index_)
                return;
            // A bridge tells in messages of its own family that a port has left it.
            const bool of_any_family = payload[0] == std::byte{AF_UNSPEC};
            if (type == RTM_DELLINK && of_any_family)
                gone();
            news.went_down = news.went_down || (type == RTM_NEWLINK && !link->up);
        };
        // What did not fit its buffer is found by looking anew.
        if (receive(news_.get(), MSG_DONTWAIT, take) < 0 && errno != ENOBUFS && errno != EINTR)
            break;
    }
    const LinkInfo before = link_;
    const auto seen_before = also_seen_at_;
    look();
    news.changed =
        link_.name != before.name || link_.up != before.up || also_seen_at_ != seen_before || link_.xdp != before.xdp;
    return news;
}

} // namespace sonde::passive_syn
