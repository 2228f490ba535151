// The filter runs where it belongs, in the kernel: attached to one end of a socket pair, which gets as a datagram what
// a packet socket would see.

#include "filter.hpp"

#include "frames.hpp"

#include "support/catch.hpp"

#include <random>

#include <sys/socket.h>
#include <unistd.h>

using namespace sonde::passive_syn;

namespace {

constexpr std::uint32_t kMark = 7; // the packets here bear none

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
    // What the filter lets through of a frame; nothing if it drops it.
    std::optional<Buffer> pass(const Buffer &frame)
    {
        (void)!send(ends_[0], frame.data(), frame.size(), 0);
        Buffer got(4096);
        const ssize_t length = recv(ends_[1], got.data(), got.size(), 0);
        if (length < 0)
            return std::nullopt;
        got.resize(static_cast<std::size_t>(length));
        return got;
    }

private:
    int ends_[2];
};

bool same(const std::optional<Classified> &left, const std::optional<Classified> &right)
{
    return left.has_value() == right.has_value() &&
           (!left || (left->family == right->family && left->segment == right->segment));
}

} // namespace

TEST_CASE("bulk traffic is dropped in the kernel")
{
    Filtered filter(make_filter(Link::ethernet, true, true, kMark));
    CHECK_FALSE(filter.pass(ethernet(0x0800, ipv4(tcp(kAck) + Buffer(1400)))));
    CHECK_FALSE(filter.pass(ethernet(0x86dd, ipv6(tcp(kAck) + Buffer(1400)))));
    CHECK_FALSE(filter.pass(ethernet(0x0800, ipv4(Buffer(1400), 0, 17))));
    CHECK_FALSE(filter.pass(ethernet(0x86dd, ipv6(Buffer(1400), 17))));
    CHECK_FALSE(filter.pass(ethernet(0x86dd, ipv6(Buffer(64), 58))));
    CHECK_FALSE(filter.pass(ethernet(0x0806, Buffer(46))));
}

TEST_CASE("little more than the headers of a SYN is copied")
{
    Filtered filter(make_filter(Link::ethernet, true, true, kMark));
    const auto got = filter.pass(ethernet(0x0800, ipv4(tcp(kSyn) + Buffer(1400))));
    REQUIRE(got);
    CHECK(got->size() < 100);
}

TEST_CASE("the direction is chosen in the kernel")
{
    // A socket pair's packets are not outgoing.
    Filtered in(make_filter(Link::ethernet, true, false, kMark)), out(make_filter(Link::ethernet, false, true, kMark));
    const Buffer frame = ethernet(0x0800, ipv4(tcp(kSyn)));
    CHECK(in.pass(frame));
    CHECK_FALSE(out.pass(frame));
}

TEST_CASE("what bears the mark is cut to an odd length behind its flags, and nothing else is")
{
    // No packet here bears a mark, so that all are the own ones of a filter for the mark 0.
    Filtered own(make_filter(Link::ethernet, true, true, 0)), others(make_filter(Link::ethernet, true, true, kMark));
    const Buffer packets[] = {ethernet(0x0800, ipv4(tcp(kSyn))), ethernet(0x86dd, ipv6(tcp(kSyn))),
                              ethernet(0x8100, vlan(0x0800, ipv4(tcp(kSyn), 40)))};
    for (const Buffer &packet : packets)
        for (std::size_t more = 0; more < 700; ++more) {
            const Buffer frame = packet + Buffer(more);
            const auto length = static_cast<std::uint32_t>(frame.size());
            const auto ours = own.pass(frame), theirs = others.pass(frame);
            REQUIRE(ours);
            REQUIRE(theirs);
            INFO("a frame of " << length << " bytes");
            REQUIRE(is_own(static_cast<std::uint32_t>(ours->size()), length));
            REQUIRE_FALSE(is_own(static_cast<std::uint32_t>(theirs->size()), length));
            REQUIRE(classify(Link::ethernet, *ours)->segment == Segment::syn);
        }
}

TEST_CASE("what the filter passes is judged as the whole frame would be, and it drops nothing that counts")
{
    const Buffer packets[] = {
        ipv4(tcp(kSyn)),
        ipv4(tcp(kSyn | kAck), 40),
        ipv4(tcp(kRst | kAck)),
        ipv4(tcp(kAck)),
        ipv6(tcp(kSyn)),
        ipv6(tcp(kRst | kAck)),
        ipv6(extension(43) + extension(60, 3) + extension(6) + tcp(kSyn), 0),
        ipv6(extension(6) + tcp(kSyn | kAck), 44),
    };
    std::mt19937 random(7);
    for (const Link link : {Link::ethernet, Link::bare}) {
        Filtered filter(make_filter(link, true, true, kMark));
        for (int round = 0; round < 60000; ++round) {
            Buffer packet = packets[random() % std::size(packets)] + Buffer(random() % 2 * (random() % 600));
            for (std::uint32_t changes = random() % 5; changes > 0; --changes)
                packet[random() % std::min<std::size_t>(packet.size(), 60)] = static_cast<std::uint8_t>(random());
            const std::uint16_t type = packet[0] >> 4 == 6 ? 0x86dd : 0x0800;
            if (link == Link::ethernet)
                packet = random() % 8 == 0 ? ethernet(0x8100, vlan(type, packet)) : ethernet(type, packet);
            if (random() % 4 == 0)
                packet.resize(1 + random() % packet.size());
            // The judgement must see the same as a reader of memory that ends where the frame ends.
            const Buffer exact(packet.begin(), packet.end());
            const auto whole = classify(link, exact);
            const auto got = filter.pass(exact);
            INFO("round " << round);
            REQUIRE(same(whole, got ? classify(link, *got) : std::nullopt));
        }
    }
}

TEST_CASE("no frame, however short or odd, makes the judgement read beyond it")
{
    std::mt19937 random(3);
    for (int round = 0; round < 60000; ++round) {
        Buffer frame(random() % 120);
        for (auto &byte : frame)
            byte = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : 0);
        if (frame.size() > 14)
            put16(frame, 12, random() % 2 == 0 ? 0x86dd : 0x8864);
        const Buffer exact(frame.begin(), frame.end());
        (void)classify(Link::ethernet, exact);
        (void)classify(Link::bare, exact);
    }
    SUCCEED();
}
