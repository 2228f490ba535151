#include "packets.hpp"

#include "support/catch.hpp"

#include <random>

using namespace sonde::ping;

TEST_CASE("a request's checksum is right and its sequence number is the number's low bits")
{
    const Buffer packet = request(test_format(), 4, 0x1'0005);
    CHECK(packet[0] == 8);
    CHECK(checksum(packet) == 0);
    CHECK(packet[6] == 0);
    CHECK(packet[7] == 5);
}

TEST_CASE("a reply as sent is authentic and intact, with its address and TTL")
{
    const Format format = test_format();
    const auto arrival = parse_v4(format, in_ipv4(reply(format, 4, 77), kTarget, kMe), false);
    REQUIRE(arrival);
    CHECK(arrival->authentic);
    CHECK(arrival->intact);
    CHECK(arrival->number == 77);
    CHECK(arrival->ttl == 57);
    CHECK(same_address(arrival->from, kTarget));

    const auto with_options = parse_v4(format, in_ipv4(reply(format, 4, 77), kTarget, kMe, 40), false);
    REQUIRE(with_options);
    CHECK(with_options->intact);

    const auto six = parse_v6(format, reply(format, 6, 78), false, {ip6(9), {}, 61});
    REQUIRE(six);
    CHECK(six->intact);
    CHECK(six->number == 78);
}

TEST_CASE("a reply with any single bit flipped is not intact")
{
    const Format format = test_format();
    const Buffer good = in_ipv4(reply(format, 4, 77), kTarget, kMe);
    for (std::size_t bit = 20 * 8; bit < good.size() * 8; ++bit) {
        Buffer bad = good;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        const auto arrival = parse_v4(format, bad, false);
        INFO("bit " << bit);
        CHECK((!arrival || !arrival->intact));
    }
    // The same with a right checksum, as a middlebox that rewrites would send it: type and code aside.
    const Buffer message = reply(format, 4, 77);
    for (std::size_t bit = 4 * 8; bit < message.size() * 8; ++bit) {
        Buffer bad = message;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        const auto arrival = parse_v4(format, in_ipv4(with_checksum(bad), kTarget, kMe), false);
        INFO("bit " << bit);
        CHECK((!arrival || !arrival->intact));
    }
}

TEST_CASE(
    "an ICMPv6 message's checksum covers its addresses: with a wrong one a reply is not intact, an error is nothing")
{
    const Format format = test_format();
    auto sealed = [](Buffer message) { // RFC 8200 section 8.1
        message[2] = message[3] = 0;
        Buffer whole = cut(in_ipv6({}, ip6(9), ip6(1)), 40);
        whole.erase(whole.begin(), whole.begin() + 8);
        for (const std::size_t byte : {std::size_t{0}, std::size_t{0}, message.size() >> 8, message.size() & 0xff,
                                       std::size_t{0}, std::size_t{0}, std::size_t{0}, std::size_t{58}})
            whole.push_back(static_cast<std::uint8_t>(byte));
        whole.insert(whole.end(), message.begin(), message.end());
        const std::uint16_t sum = checksum(whole);
        message[2] = static_cast<std::uint8_t>(sum >> 8);
        message[3] = static_cast<std::uint8_t>(sum);
        return message;
    };
    auto is_intact = [&format](const Buffer &message, int to) {
        const auto arrival = parse_v6(format, message, false, {ip6(9), ip6(to), 64});
        return arrival && arrival->intact;
    };
    const Buffer good = sealed(reply(format, 6, 77));
    CHECK(is_intact(good, 1));
    CHECK_FALSE(is_intact(good, 2));
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Buffer bad = good;
        bad[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
        INFO("bit " << bit);
        CHECK_FALSE(is_intact(bad, 1));
    }
    Buffer told = sealed(error(1, 3, in_ipv6(request(format, 6, 99), ip6(1), ip6(9))));
    CHECK(parse_v6(format, told, false, {ip6(9), ip6(1), 64}));
    told[2] ^= 1;
    CHECK_FALSE(parse_v6(format, told, false, {ip6(9), ip6(1), 64}));
}

TEST_CASE("a reply that was shortened, lengthened or cut by our own buffer is not intact")
{
    const Format format = test_format();
    Buffer message = reply(format, 4, 5);
    auto parse = [&](const Buffer &what, bool is_cut) {
        return parse_v4(format, in_ipv4(with_checksum(what), kTarget, kMe), is_cut);
    };
    CHECK(parse(message, false)->intact);
    CHECK_FALSE(parse(message, true)->intact);
    CHECK_FALSE(parse(cut(message, 40), false)->intact);
    CHECK(parse(cut(message, 40), false)->authentic);
    message.push_back(0);
    CHECK_FALSE(parse(message, false)->intact);
}

TEST_CASE("a reply made without the key is not authentic")
{
    const Format format = test_format();
    Format other = format;
    other.key[3] ^= 1;
    const auto arrival = parse_v4(format, in_ipv4(reply(other, 4, 77), kTarget, kMe), false);
    REQUIRE(arrival);
    CHECK_FALSE(arrival->authentic);
    CHECK_FALSE(arrival->intact);
}

TEST_CASE("another program's replies, requests and other messages are nothing to us")
{
    const Format format = test_format();
    Format other = format;
    other.id ^= 1;
    CHECK_FALSE(parse_v4(format, in_ipv4(reply(other, 4, 1), kTarget, kMe), false));
    CHECK_FALSE(parse_v4(format, in_ipv4(request(format, 4, 1), kTarget, kMe), false));
    CHECK_FALSE(
        parse_v4(format, in_ipv4(error(5, 1, in_ipv4(request(format, 4, 1), kMe, kTarget)), kRouter, kMe), false));
    CHECK_FALSE(
        parse_v4(format, in_ipv4(error(3, 1, in_ipv4(request(other, 4, 1), kMe, kTarget)), kRouter, kMe), false));
}

TEST_CASE("an error is authentic if its quote holds the token, and named by sequence number if not")
{
    const Format format = test_format();
    const Buffer quoted = in_ipv4(request(format, 4, 77), kMe, kTarget);
    const auto full = parse_v4(format, in_ipv4(error(3, 1, quoted), kRouter, kMe), false);
    REQUIRE(full);
    CHECK(full->kind == Arrival::Kind::error);
    CHECK(full->authentic);
    CHECK(full->number == 77);
    CHECK(full->icmp_code == 1);
    CHECK(same_address(full->from, kRouter));
    CHECK(same_address(full->sent_to, kTarget));

    const auto shortest = parse_v4(format, in_ipv4(error(11, 0, cut(quoted, 28)), kRouter, kMe), false);
    REQUIRE(shortest);
    CHECK_FALSE(shortest->authentic);
    CHECK(shortest->sequence == 77);
    CHECK_FALSE(parse_v4(format, in_ipv4(error(11, 0, cut(quoted, 27)), kRouter, kMe), false));

    Buffer wrong_sum = error(3, 1, quoted);
    wrong_sum[2] ^= 1;
    CHECK_FALSE(parse_v4(format, in_ipv4(wrong_sum, kRouter, kMe), false));
}

TEST_CASE("an ICMPv6 error is read with and without a fragment header in its quote")
{
    const Format format = test_format();
    for (const bool fragment : {false, true}) {
        const Buffer quoted = in_ipv6(request(format, 6, 99), ip6(1), ip6(9), fragment);
        const auto arrival = parse_v6(format, error(1, 3, quoted), false, {ip6(254), {}, 64});
        REQUIRE(arrival);
        CHECK(arrival->authentic);
        CHECK(arrival->number == 99);
        CHECK(same_address(arrival->sent_to, ip6(9)));
    }
}

TEST_CASE("our request and its source are found in a looped packet behind any link's header")
{
    const Format format = test_format();
    const std::pair<Buffer, sonde_ip> packets[] = {
        {in_ipv4(request(format, 4, 12345), kMe, kTarget), kMe},
        {in_ipv6(request(format, 6, 12345), ip6(1), ip6(9)), ip6(1)},
        {in_ipv6(request(format, 6, 12345), ip6(1), ip6(9), true), ip6(1)},
    };
    for (const std::size_t link : {0u, 4u, 14u, 18u, 22u}) {
        for (const auto &[packet, source] : packets) {
            Buffer looped(link, 0xaa);
            looped.insert(looped.end(), packet.begin(), packet.end());
            const auto found = find_request(format, looped);
            REQUIRE(found);
            CHECK(found->number == 12345u);
            CHECK(same_address(found->source, source));
        }
    }
    const auto bare = find_request(format, request(format, 4, 12345));
    REQUIRE(bare);
    CHECK(bare->source.family == 0);
    CHECK_FALSE(find_request(format, Buffer{}));
    CHECK_FALSE(find_request(format, Buffer(200, 8)));
}

TEST_CASE("no damage to a packet makes a parser read beyond it or believe in it")
{
    const Format format = test_format();
    const Buffer seeds[] = {
        in_ipv4(reply(format, 4, 7), kTarget, kMe),
        in_ipv4(error(3, 1, in_ipv4(request(format, 4, 7), kMe, kTarget)), kRouter, kMe),
        reply(format, 6, 7),
        error(1, 0, in_ipv6(request(format, 6, 7), ip6(1), ip6(9), true)),
    };
    std::mt19937 random(1);
    for (int round = 0; round < 40000; ++round) {
        Buffer bytes = seeds[random() % 4];
        for (std::uint32_t flips = random() % 6; flips > 0; --flips)
            bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
        // An exact copy, so that a sanitizer sees the first byte too far.
        const Buffer exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(random() % (bytes.size() + 1)));
        for (const auto &arrival : {parse_v4(format, exact, false), parse_v6(format, exact, false, {ip6(9), {}, 64})})
            if (arrival && arrival->authentic)
                REQUIRE(arrival->number == 7);
        if (const auto looped = find_request(format, exact))
            REQUIRE(looped->number == 7);
    }
}

TEST_CASE("what fits the next hop is told by an error because of the size, and by no other")
{
    const Format format = test_format();
    const Buffer quoted4 = in_ipv4(request(format, 4, 99), kMe, kTarget);
    auto mtu_of = [&format](Buffer message) {
        const auto arrival = parse_v4(format, in_ipv4(with_checksum(std::move(message)), kRouter, kMe), false);
        REQUIRE(arrival);
        return arrival->mtu;
    };
    Buffer needed = error(3, 4, quoted4);
    CHECK_FALSE(mtu_of(needed)); // routers before RFC 1191 do not tell it
    needed[6] = 0x05;
    needed[7] = 0x78;
    CHECK(mtu_of(needed) == 1400u);
    needed[1] = 1;
    CHECK_FALSE(mtu_of(needed));

    Buffer too_big = error(2, 0, in_ipv6(request(format, 6, 99), ip6(1), ip6(9)));
    too_big[6] = 0x05;
    const auto arrival = parse_v6(format, too_big, false, {ip6(254), {}, 64});
    REQUIRE(arrival);
    CHECK(arrival->mtu == 0x500u);
}
