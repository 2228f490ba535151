#include "route.hpp"

#include "support/catch.hpp"

using namespace sonde::dns;

TEST_CASE("a datagram that fits has one header, a larger one a header for each fragment")
{
    CHECK(datagram_bytes(4, 45, 1500) == 20 + 8 + 45);
    CHECK(datagram_bytes(6, 45, 1500) == 40 + 8 + 45);
    CHECK(datagram_bytes(4, 1472, 1500) == 1500);
    CHECK(datagram_bytes(4, 1473, 1500) == 1473 + 8 + 2 * 20);
    CHECK(datagram_bytes(4, 2952, 1500) == 2952 + 8 + 2 * 20);
    CHECK(datagram_bytes(4, 2953, 1500) == 2953 + 8 + 3 * 20);
    CHECK(datagram_bytes(6, 1452, 1500) == 1500);
    CHECK(datagram_bytes(6, 1453, 1500) == 1453 + 8 + 2 * 48);
    CHECK(datagram_bytes(4, 4000, std::nullopt) == 4028);
}

TEST_CASE("an ICMP error quotes as much as it may")
{
    CHECK(error_bytes(4, 73) == 101);
    CHECK(error_bytes(4, 1000) == 576);
    CHECK(error_bytes(6, 93) == 141);
    CHECK(error_bytes(6, 2000) == 1280);
}
