#include "answer.hpp"
#include "question.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

using namespace sonde::dns;

namespace {

Settings settings()
{
    Settings settings;
    settings.edns_size = 1232;
    return settings;
}

Question named(const std::string &name)
{
    return {name, "A", "IN"};
}

Question www()
{
    return named("www.example.test");
}

void fixed(void *bytes, std::size_t size)
{
    std::mt19937 random(7);
    for (std::size_t i = 0; i < size; ++i)
        static_cast<std::uint8_t *>(bytes)[i] = static_cast<std::uint8_t>(random());
}

// An answer without records, whose OPT holds these options.
std::vector<std::uint8_t> with_options(const std::vector<std::uint8_t> &options, std::size_t claimed)
{
    std::vector<std::uint8_t> wire = make_query(settings(), www())->wire;
    wire[2] |= 0x80;
    wire[wire.size() - 2] = static_cast<std::uint8_t>(claimed >> 8);
    wire[wire.size() - 1] = static_cast<std::uint8_t>(claimed & 0xff);
    wire.insert(wire.end(), options.begin(), options.end());
    return wire;
}

} // namespace

TEST_CASE("a query asks one question, with EDNS and recursion as told, and takes any id")
{
    auto query = make_query(settings(), www());
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
    const auto query = make_query(asked, named("."));
    REQUIRE(query);
    CHECK(query->wire.size() == 12 + 1 + 4);
    CHECK(query->wire[2] == 0);
}

TEST_CASE("an address, with a port or without, is told from a name")
{
    for (const char *text : {"192.0.2.53", "192.0.2.53:53", "2001:db8::53", "[2001:db8::53]", "[2001:db8::53]:53"}) {
        INFO(text);
        CHECK(is_address(text));
    }
    for (const char *text : {"53.2.0.192.in-addr.arpa", "3.5.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "192.0.2.test",
                             "192.0.2.53.", "www.example.test", "a:b", "[", "[]:53", ".", ""}) {
        INFO(text);
        CHECK_FALSE(is_address(text));
    }
}

TEST_CASE("what is no domain name makes no query")
{
    CHECK_FALSE(make_query(settings(), named("a..b")));
    CHECK_FALSE(make_query(settings(), named(std::string(64, 'a') + ".test")));
    std::string endless;
    for (int i = 0; i < 130; ++i)
        endless += "a.";
    CHECK_FALSE(make_query(settings(), named(endless)));
}

TEST_CASE("what a server says is printable, whatever bytes it is of")
{
    std::vector<std::uint8_t> wire = make_query(settings(), www())->wire;
    wire.resize(12 + 18 + 4); // without OPT
    wire[2] |= 0x80;
    wire[7] = 1;
    wire[11] = 0;
    for (const int octet :
         std::initializer_list<int>{0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 6, 5, 'a', 9, 0xff, 0, '"'})
        wire.push_back(static_cast<std::uint8_t>(octet));
    const auto answer = parse_answer(wire);
    REQUIRE(answer);
    CHECK(answer->content == R"(NOERROR; TXT "a\009\255\000\"")");
}

TEST_CASE("an answer's flags, counts and smallest TTL are read")
{
    auto query = make_query(settings(), www());
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
    CHECK_FALSE(answer->cd);
    CHECK(answer->ad);
    CHECK(answer->answers == 2);
    CHECK(answer->min_ttl == 60u);
    CHECK(answer->max_ttl == 100u);
    CHECK(answer->content == "NOERROR; A 192.0.2.1");
    wire[3] = 0x83;
    CHECK(parse_answer(wire)->rcode == "NXDOMAIN");
    wire.resize(wire.size() - 1);
    CHECK_FALSE(parse_answer(wire));
}

TEST_CASE("an answer without records has no smallest TTL")
{
    std::vector<std::uint8_t> wire = make_query(settings(), named("x.test"))->wire;
    wire[2] |= 0x80;
    const auto answer = parse_answer(wire);
    REQUIRE(answer);
    CHECK_FALSE(answer->min_ttl);
}

TEST_CASE("a query carries what is asked for: NSID, a cookie, a label that no cache has")
{
    Settings asked = settings();
    asked.identify = asked.unique = true;
    const std::vector<std::uint8_t> cookie = {1, 2, 3, 4, 5, 6, 7, 8};
    auto query = make_query(asked, www(), cookie);
    REQUIRE(query);
    const std::vector<std::uint8_t> options = {0, 16, 0, 3, 0, 0, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
    REQUIRE(query->wire.size() == 12 + 17 + 18 + 4 + 9 + options.size());
    CHECK(std::equal(options.begin(), options.end(), query->wire.end() - static_cast<std::ptrdiff_t>(options.size())));
    freshen(*query, false, fixed);
    CHECK(query->label().size() == kLabelBytes);
    CHECK(query->label().find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(query->label() != std::string(kLabelBytes, 'x'));
    CHECK(query->wire[12] == kLabelBytes);
    const Query before = *query;
    freshen(*query, false, [](void *bytes, std::size_t size) { std::memset(bytes, 3, size); });
    CHECK(query->label() != before.label());
    CHECK(query->id() == 0x0303);
}

TEST_CASE("the drawn case of a name changes its letters and nothing else, and an answer must repeat it")
{
    auto query = make_query(settings(), named("aBc-1.example.test"));
    REQUIRE(query);
    const std::vector<std::uint8_t> plain = query->wire;
    freshen(*query, true, fixed);
    std::size_t changed = 0;
    for (std::size_t i = 12; i < plain.size(); ++i) {
        changed += plain[i] != query->wire[i];
        CHECK((plain[i] | 0x20) == (query->wire[i] | 0x20));
    }
    CHECK(changed > 0);
    std::vector<std::uint8_t> answer = query->wire;
    answer[2] |= 0x80;
    CHECK(check_answer(query->wire, answer, true) == Match::answer);
    answer[13] ^= 0x20;
    CHECK(check_answer(query->wire, answer, true) == Match::mismatch);
    CHECK(check_answer(query->wire, answer, false) == Match::answer);
}

TEST_CASE("extended error, server identity and cookie are read from an answer's options")
{
    const auto answer = parse_answer(with_options(
        {0, 15, 0, 7, 0, 18, 'n', 'o', 7, 'w', 0xff, 0, 3, 0, 2, 'n', '1', 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}, 29));
    REQUIRE(answer);
    CHECK(answer->extended_error == 18);
    CHECK(answer->extended_error_text == "no?w?");
    CHECK(answer->nsid == "n1");
    CHECK(answer->cookie.size() == 8);
    Query query;
    query.cookie = {1, 2, 3, 4, 5, 6, 7, 8};
    CHECK(cookie_fits(query, *answer));
    query.cookie[0] = 9;
    CHECK_FALSE(cookie_fits(query, *answer));
    CHECK(parse_answer(with_options({0, 3, 0, 2, 0xab, 1}, 6))->nsid == "ab01");
}

TEST_CASE("an option that claims more than there is, is left out")
{
    const auto answer = parse_answer(with_options({0, 3, 0, 1, 'x', 0, 15, 0, 200, 0, 18}, 11));
    REQUIRE(answer);
    CHECK(answer->nsid == "x");
    CHECK_FALSE(answer->extended_error);
    CHECK_FALSE(parse_answer(with_options({0, 15, 0, 0}, 4))->extended_error);
    CHECK_FALSE(parse_answer(with_options({0, 15}, 2))->extended_error);
}

TEST_CASE("random bytes behind a good header crash nothing")
{
    std::mt19937 random(9);
    const std::vector<std::uint8_t> start = make_query(settings(), www())->wire;
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
