// The program runs in the kernel, as a filter of one end of a socket pair: what it returns is how many bytes of a frame
// are let through, and so tells the class.

#include "counter_program.hpp"

#include "frames.hpp"

#include "support/catch.hpp"

#include <sonde/plugin.h>

#include <algorithm>
#include <random>

#include <sys/socket.h>
#include <unistd.h>

using namespace sonde::passive_syn;

namespace {

class Classifying {
public:
    explicit Classifying(std::vector<sock_filter> code)
    {
        REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends_) == 0);
        const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
        REQUIRE(setsockopt(ends_[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
    }
    ~Classifying()
    {
        close(ends_[0]);
        close(ends_[1]);
    }
    // At most the frame's length; 0: none.
    std::size_t class_of(const Buffer &frame)
    {
        (void)!send(ends_[0], frame.data(), frame.size(), 0);
        std::uint8_t got[64];
        return static_cast<std::size_t>(std::max<ssize_t>(recv(ends_[1], got, sizeof got, 0), 0));
    }

private:
    int ends_[2];
};

// Of a packet that comes in, by the one that judges what the ring has.
std::size_t judged(Link link, const Buffer &frame)
{
    const auto packet = classify(link, Bytes(frame).first(std::min<std::size_t>(frame.size(), 512)));
    if (!packet)
        return 0;
    constexpr Class kClassOf[] = {Class::syn, Class::syn_ack, Class::rst, Class::unparsed};
    const Class what = kClassOf[static_cast<int>(packet->segment)];
    return class_number(packet->family, Direction::in, what);
}

Buffer chain(int headers, std::uint8_t kind)
{
    Buffer all;
    for (int i = 1; i < headers; ++i)
        all = all + extension(kind);
    return ipv6(all + extension(6) + tcp(kSyn), kind);
}

} // namespace

TEST_CASE("the kernel's classes are those of the ring's judgement")
{
    const Buffer packets[] = {
        ipv4(tcp(kSyn)),
        ipv4(tcp(kSyn | kAck), 40),
        ipv4(tcp(kRst | kAck)),
        ipv4(tcp(kRst | kAck, 1)),
        ipv4(tcp(kAck)),
        ipv6(tcp(kSyn | kEce | kCwr)),
        ipv6(tcp(kRst | kAck)),
        ipv6(extension(43) + extension(60, 3) + extension(6) + tcp(kSyn), 0),
        ipv6(extension(6) + tcp(kSyn | kAck), 44),
        ipv6(Buffer{6, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} + tcp(kSyn), 51),
        chain(15, 60),
        chain(16, 60),
        chain(17, 60),
    };
    std::mt19937 random(7);
    for (const Link link : {Link::ethernet, Link::bare}) {
        Classifying kernel(make_counter_program(link, true, true, 7));
        for (int round = 0; round < 60000; ++round) {
            Buffer packet = packets[random() % std::size(packets)] + Buffer(random() % 2 * (random() % 600));
            for (std::uint32_t changes = random() % 5; changes > 0; --changes)
                packet[random() % std::min<std::size_t>(packet.size(), 70)] = static_cast<std::uint8_t>(random());
            const bool six = packet[0] >> 4 == 6;
            const std::uint16_t type = six ? 0x86dd : 0x0800;
            if (link == Link::ethernet && random() % 4 == 0)
                packet = ethernet(0x8864, pppoe(six ? 0x57 : 0x21, packet));
            else if (link == Link::ethernet)
                packet = ethernet(type, packet);
            for (std::uint32_t tags = link == Link::ethernet ? random() % 8 : 0; tags > 3; --tags) {
                const Buffer addresses(packet.begin(), packet.begin() + 12), rest(packet.begin() + 12, packet.end());
                packet = addresses +
                         Buffer{static_cast<std::uint8_t>(tags % 2 == 0 ? 0x81 : 0x88),
                                static_cast<std::uint8_t>(tags % 2 == 0 ? 0x00 : 0xa8), 0, 7} +
                         rest;
            }
            if (random() % 4 == 0)
                packet.resize(1 + random() % packet.size());
            INFO("round " << round);
            REQUIRE(kernel.class_of(packet) == std::min(judged(link, packet), packet.size()));
        }
    }
}

TEST_CASE("each class has a number of its own")
{
    std::vector<bool> taken(kClasses + 1);
    for (const std::uint32_t family : {4u, 6u})
        for (const Direction direction : {Direction::in, Direction::out})
            for (std::uint32_t what = 0; what < kClassesEach; ++what) {
                const std::uint32_t number = class_number(family, direction, static_cast<Class>(what));
                REQUIRE(number >= 1);
                REQUIRE(number <= kClasses);
                CHECK_FALSE(taken[number]);
                taken[number] = true;
            }
}

TEST_CASE("a direction that is not wanted is of no class")
{
    const Buffer frame = ethernet(0x0800, ipv4(tcp(kSyn)));
    // A socket pair's packets are not outgoing.
    CHECK(Classifying(make_counter_program(Link::ethernet, true, false, 0)).class_of(frame) ==
          judged(Link::ethernet, frame));
    CHECK(Classifying(make_counter_program(Link::ethernet, false, true, 0)).class_of(frame) == 0);
}

TEST_CASE("the program is no longer than a host takes")
{
    CHECK(make_counter_program(Link::ethernet, true, false, 7).size() <= SONDE_COUNTER_INSTRUCTIONS_MAX);
}
