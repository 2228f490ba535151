#include "message.hpp"

#include "support/catch.hpp"

#include <random>

using namespace sonde::dns;

namespace {

Settings settings()
{
    Settings settings;
    settings.type = "A";
    settings.query_class = "IN";
    settings.edns_size = 1232;
    return settings;
}

} // namespace

TEST_CASE("a query asks one question, with EDNS and recursion as told, and takes any id")
{
    auto query = make_query(settings(), "www.example.test");
    REQUIRE(query);
    query->set_id(0xbeef);
    const auto &wire = query->wire;
    REQUIRE(wire.size() == 12 + 18 + 4 + 11);
    CHECK(wire[0] == 0xbe);
    CHECK(wire[1] == 0xef);
    CHECK(wire[2] == 0x01); // RD
    CHECK(wire[5] == 1);    // one question
    CHECK(wire[11] == 1);   // one additional: OPT
    CHECK(wire[37] == 1232 >> 8);
    CHECK(wire[38] == (1232 & 0xff));
    CHECK(check_answer(wire, wire) == Match::mismatch);
}

TEST_CASE("a query without EDNS and recursion has neither")
{
    Settings asked = settings();
    asked.edns_size = 0;
    asked.recursion = false;
    const auto query = make_query(asked, ".");
    REQUIRE(query);
    CHECK(query->wire.size() == 12 + 1 + 4);
    CHECK(query->wire[2] == 0);
}

TEST_CASE("what is no domain name makes no query")
{
    CHECK_FALSE(make_query(settings(), "a..b"));
    CHECK_FALSE(make_query(settings(), std::string(64, 'a') + ".test"));
    std::string endless;
    for (int i = 0; i < 130; ++i)
        endless += "a.";
    CHECK_FALSE(make_query(settings(), endless));
}

TEST_CASE("an answer's flags, counts and smallest TTL are read")
{
    auto query = make_query(settings(), "www.example.test");
    std::vector<std::uint8_t> wire = query->wire;
    wire.resize(12 + 18 + 4); // without OPT
    wire[2] = 0x85;           // QR AA RD
    wire[3] = 0xa0;           // RA AD
    wire[7] = 2;
    wire[11] = 0;
    for (const int ttl : {100, 60}) {
        for (const int octet : {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, ttl, 0, 4, 192, 0, 2, 1})
            wire.push_back(static_cast<std::uint8_t>(octet));
    }
    const auto answer = parse_answer(wire);
    REQUIRE(answer);
    CHECK(answer->rcode == "NOERROR");
    CHECK(answer->aa);
    CHECK_FALSE(answer->tc);
    CHECK(answer->ra);
    CHECK(answer->ad);
    CHECK(answer->answers == 2);
    CHECK(answer->min_ttl == 60u);
    wire[3] = 0x83;
    CHECK(parse_answer(wire)->rcode == "NXDOMAIN");
    wire.resize(wire.size() - 1);
    CHECK_FALSE(parse_answer(wire));
}

TEST_CASE("an answer without records has no smallest TTL")
{
    std::vector<std::uint8_t> wire = make_query(settings(), "x.test")->wire;
    wire[2] |= 0x80;
    const auto answer = parse_answer(wire);
    REQUIRE(answer);
    CHECK_FALSE(answer->min_ttl);
}

TEST_CASE("random bytes behind a good header crash nothing")
{
    std::mt19937 random(9);
    const std::vector<std::uint8_t> start = make_query(settings(), "www.example.test")->wire;
    for (int round = 0; round < 20000; ++round) {
        std::vector<std::uint8_t> wire = start;
        wire[2] |= 0x80;
        for (int i = 6; i < 12; i += 2)
            wire[static_cast<std::size_t>(i) + 1] = static_cast<std::uint8_t>(random() % 4);
        const std::size_t extra = random() % 80;
        for (std::size_t i = 0; i < extra; ++i)
            wire.push_back(static_cast<std::uint8_t>(random() % 3 == 0 ? 0xc0 : random() % 64));
        (void)parse_answer(wire);
    }
    SUCCEED();
}
