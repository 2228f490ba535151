#include "segment.hpp"

#include "frames.hpp"

#include "support/catch.hpp"

using namespace sonde::passive_syn;

namespace {

std::optional<Segment> seen(const Buffer &frame, std::uint32_t family)
{
    const auto found = classify(Link::ethernet, frame);
    if (found)
        CHECK(found->family == family);
    return found ? std::optional(found->segment) : std::nullopt;
}

std::optional<Segment> seen4(const Buffer &packet)
{
    return seen(ethernet(0x0800, packet), 4);
}
std::optional<Segment> seen6(const Buffer &packet)
{
    return seen(ethernet(0x86dd, packet), 6);
}

} // namespace

TEST_CASE("SYN, ECN-setup SYN, SYN/ACK and the refusal of a SYN are told apart; other segments do not count")
{
    for (const auto &judge : {+[](const Buffer &segment) { return seen4(ipv4(segment)); },
                              +[](const Buffer &segment) { return seen6(ipv6(segment)); }}) {
        CHECK(judge(tcp(kSyn)) == Segment::syn);
        CHECK(judge(tcp(kSyn | kEce | kCwr)) == Segment::syn);
        CHECK(judge(tcp(kSyn | kAck)) == Segment::syn_ack);
        CHECK(judge(tcp(kSyn | kAck | kEce)) == Segment::syn_ack);
        CHECK(judge(tcp(kRst | kAck, 0)) == Segment::rst);
        CHECK_FALSE(judge(tcp(kRst | kAck, 1)));
        CHECK_FALSE(judge(tcp(kRst, 0)));
        CHECK_FALSE(judge(tcp(kAck)));
        CHECK_FALSE(judge(tcp(kFin | kAck)));
    }
}

TEST_CASE("other protocols and later fragments do not count")
{
    CHECK_FALSE(seen4(ipv4(tcp(kSyn), 0, 17)));
    CHECK_FALSE(seen4(ipv4(tcp(kSyn), 0, 6, 1)));
    CHECK(seen4(ipv4(tcp(kSyn), 0, 6, 0x2000)) == Segment::syn); // the first of several
    CHECK_FALSE(seen6(ipv6(tcp(kSyn), 17)));
    CHECK_FALSE(seen(ethernet(0x0806, ipv4(tcp(kSyn))), 4));
}

TEST_CASE("the TCP header is found behind options, extension headers, tags and PPPoE")
{
    CHECK(seen4(ipv4(tcp(kSyn), 40)) == Segment::syn);
    CHECK(seen6(ipv6(extension(43) + extension(60, 3) + extension(6) + tcp(kSyn), 0)) == Segment::syn);
    Buffer fragment = extension(6);
    CHECK(seen6(ipv6(fragment + tcp(kSyn), 44)) == Segment::syn);
    fragment[3] = 8;
    CHECK_FALSE(seen6(ipv6(fragment + tcp(kSyn), 44)));
    CHECK(seen6(ipv6(Buffer{6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} + tcp(kSyn), 51)) == Segment::syn);
    CHECK(seen(ethernet(0x8100, vlan(0x0800, ipv4(tcp(kSyn)))), 4) == Segment::syn);
    CHECK(seen(ethernet(0x88a8, vlan(0x8100, vlan(0x86dd, ipv6(tcp(kSyn))))), 6) == Segment::syn);
    CHECK(seen(ethernet(0x8864, pppoe(0x0021, ipv4(tcp(kSyn)))), 4) == Segment::syn);
    CHECK(seen(ethernet(0x8100, vlan(0x8864, pppoe(0x0057, ipv6(tcp(kSyn))))), 6) == Segment::syn);
    CHECK_FALSE(seen(ethernet(0x8864, pppoe(0xc021, ipv4(tcp(kSyn)))), 4));
    CHECK(classify(Link::bare, ipv6(tcp(kSyn)))->family == 6);
    CHECK_FALSE(classify(Link::bare, Buffer{}));
}

TEST_CASE("a header that is cut short or contradicts itself is unparsed, not nothing")
{
    Buffer packet = ipv4(tcp(kSyn));
    packet.resize(20 + 13);
    CHECK(seen4(packet) == Segment::unparsed);
    CHECK(seen4(ipv4(Buffer(8))) == Segment::unparsed);
    packet = ipv4(tcp(kSyn));
    packet[0] = 0x44;
    CHECK(seen4(packet) == Segment::unparsed);
    packet = ipv4(tcp(kSyn));
    put16(packet, 2, 19);
    CHECK(seen4(packet) == Segment::unparsed);
    CHECK(seen4(Buffer(10)) == Segment::unparsed);
    CHECK(seen6(ipv6(Buffer(13))) == Segment::unparsed);
    CHECK(seen6(ipv6(extension(6, 200), 0)) == Segment::unparsed); // no byte of TCP behind it
    Buffer beyond = extension(6, 200);
    beyond.resize(64);
    CHECK(seen6(ipv6(beyond, 0)) == Segment::unparsed);
}

TEST_CASE("padding behind a short packet is not taken for its TCP header")
{
    Buffer packet = ipv4(Buffer(8)) + Buffer(40, 0x02);
    CHECK(seen4(packet) == Segment::unparsed);
    packet = ipv6(Buffer(8)) + Buffer(40, 0x02);
    CHECK(seen6(packet) == Segment::unparsed);
}

TEST_CASE("a segment has data if its packet is longer than its headers, whatever the frame and the capture hold of it")
{
    const auto has_data = [](const Buffer &packet) { return classify(Link::bare, packet)->has_data; };
    Buffer with_options = tcp(kSyn) + Buffer(20);
    with_options[12] = 0xa0;
    for (const Buffer &segment : {tcp(kSyn), with_options}) {
        const Buffer packets[] = {ipv4(segment, 40), ipv6(extension(6) + segment, 60)};
        const Buffer longer[] = {ipv4(segment + Buffer(1), 40), ipv6(extension(6) + segment + Buffer(1), 60)};
        for (const Buffer &packet : packets)
            CHECK_FALSE(has_data(packet + Buffer(6))); // padding
        for (Buffer packet : longer) {
            CHECK(has_data(packet));
            packet.pop_back(); // by the capture
            CHECK(has_data(packet));
        }
    }
}

TEST_CASE("an endless chain of extension headers is given up")
{
    Buffer chain;
    for (int i = 0; i < 100; ++i)
        chain = chain + extension(60);
    CHECK(seen6(ipv6(chain + tcp(kSyn), 60)) == Segment::unparsed);
}
