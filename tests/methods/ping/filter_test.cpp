// The filters run where they belong, in the kernel: attached to one end of a socket pair, which gets as a datagram what
// a raw socket would see.

#include "filter.hpp"
#include "packets.hpp"

#include "support/catch.hpp"

#include <sys/socket.h>
#include <unistd.h>

using namespace sonde::ping;

namespace {

class Filtered {
public:
    explicit Filtered(std::vector<sock_filter> code)
    {
        REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends_) == 0);
        const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
        REQUIRE(setsockopt(ends_[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
    }
    ~Filtered()
    {
        close(ends_[0]);
        close(ends_[1]);
    }
    bool passes(const Buffer &packet)
    {
        (void)!send(ends_[0], packet.data(), packet.size(), 0);
        std::uint8_t got[2048];
        const ssize_t length = recv(ends_[1], got, sizeof got, 0);
        return length >= 0;
    }

private:
    int ends_[2];
};

} // namespace

TEST_CASE("the IPv4 filter passes replies and errors with our id and nothing else")
{
    const Format format = test_format();
    Format other = format;
    other.id ^= 0x8000;
    Filtered filter(filter_v4(format.id));
    CHECK(filter.passes(in_ipv4(reply(format, 4, 1), kTarget, kMe)));
    CHECK(filter.passes(in_ipv4(reply(format, 4, 1), kTarget, kMe, 24)));
    CHECK_FALSE(filter.passes(in_ipv4(reply(other, 4, 1), kTarget, kMe)));
    CHECK_FALSE(filter.passes(in_ipv4(request(format, 4, 1), kMe, kTarget)));
    for (const std::uint8_t type : {3, 11, 12}) {
        const Buffer quoted = in_ipv4(request(format, 4, 1), kMe, kTarget, 8);
        CHECK(filter.passes(in_ipv4(error(type, 0, quoted), kRouter, kMe)));
        CHECK(filter.passes(in_ipv4(error(type, 0, cut(quoted, 36)), kRouter, kMe, 4)));
        CHECK_FALSE(filter.passes(in_ipv4(error(type, 0, in_ipv4(request(other, 4, 1), kMe, kTarget)), kRouter, kMe)));
        CHECK_FALSE(filter.passes(in_ipv4(error(type, 0, in_ipv4(reply(format, 4, 1), kMe, kTarget)), kRouter, kMe)));
    }
    CHECK_FALSE(filter.passes(in_ipv4(error(5, 0, in_ipv4(request(format, 4, 1), kMe, kTarget)), kRouter, kMe)));
    Buffer udp = in_ipv4(request(format, 4, 1), kMe, kTarget);
    udp[9] = 17;
    CHECK_FALSE(filter.passes(in_ipv4(error(3, 3, udp), kRouter, kMe)));
    Buffer later_fragment = in_ipv4(request(format, 4, 1), kMe, kTarget);
    later_fragment[7] = 1;
    CHECK_FALSE(filter.passes(in_ipv4(error(3, 3, later_fragment), kRouter, kMe)));
    for (std::size_t length = 0; length < 28; ++length)
        CHECK_FALSE(filter.passes(cut(in_ipv4(reply(other, 4, 1), kTarget, kMe), length)));
}

TEST_CASE("the IPv6 filter passes replies and errors with our id and nothing else")
{
    const Format format = test_format();
    Format other = format;
    other.id ^= 1;
    Filtered filter(filter_v6(format.id));
    CHECK(filter.passes(reply(format, 6, 1)));
    CHECK_FALSE(filter.passes(reply(other, 6, 1)));
    CHECK_FALSE(filter.passes(request(format, 6, 1)));
    for (const std::uint8_t type : {1, 2, 3, 4})
        for (const bool fragment : {false, true}) {
            CHECK(filter.passes(error(type, 0, in_ipv6(request(format, 6, 1), ip6(1), ip6(9), fragment))));
            CHECK_FALSE(filter.passes(error(type, 0, in_ipv6(request(other, 6, 1), ip6(1), ip6(9), fragment))));
            CHECK_FALSE(filter.passes(error(type, 0, in_ipv6(reply(format, 6, 1), ip6(1), ip6(9), fragment))));
        }
    for (const std::uint8_t type : {0, 5, 127, 136})
        CHECK_FALSE(filter.passes(error(type, 0, in_ipv6(request(format, 6, 1), ip6(1), ip6(9)))));
    Buffer later_fragment = in_ipv6(request(format, 6, 1), ip6(1), ip6(9), true);
    later_fragment[42] = 1;
    CHECK_FALSE(filter.passes(error(1, 0, later_fragment)));
}
