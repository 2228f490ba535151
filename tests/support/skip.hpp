#pragma once

#include <netinet/in.h>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

// What this machine lacks, said in the form that scripts/count_tests.py counts: Catch2 2 has no SKIP. The caller leaves
// out what it cannot do.
namespace sonde::test {

// Of the running test case. In catch_main.cpp: what lies behind Catch's interfaces depends on the macros given there.
void say_skipped(std::string_view reason);

inline bool skipped_without_root()
{
    if (::geteuid() == 0)
        return false;
    say_skipped("needs root");
    return true;
}

// Root of a container may be without them.
inline bool skipped_without_privileged_sockets()
{
    const int probe = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    const int bytes = 1 << 20;
    const bool privileged = probe >= 0 && ::setsockopt(probe, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0;
    ::close(probe);
    if (!privileged)
        say_skipped("needs root's raw sockets with buffers of any size");
    return !privileged;
}

inline bool skipped_without_ipv6()
{
    const int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 loopback{};
    loopback.sin6_family = AF_INET6;
    loopback.sin6_addr = IN6ADDR_LOOPBACK_INIT;
    const bool bound = ::bind(probe, reinterpret_cast<const sockaddr *>(&loopback), sizeof loopback) == 0;
    ::close(probe);
    if (!bound)
        say_skipped("no IPv6 here");
    return !bound;
}

} // namespace sonde::test
