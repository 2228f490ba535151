// Sends frames into an interface as fast as one processor can, or at a rate: the traffic of passive_syn_benchmark.py.
// Usage: frame_flood INTERFACE syn|mixed COUNT RATE; RATE 0: no limit. Prints how many were sent and in how many ns.
//
// `syn`: each is a SYN of IPv4 with a port and sequence number of its own. `mixed`, of each ten: a SYN of IPv4, one of
// IPv6, a SYN/ACK, a refusal, four full data segments, two UDP datagrams.

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

namespace {

using Frame = std::vector<std::uint8_t>;
using Clock = std::chrono::steady_clock;

constexpr std::uint8_t kSyn = 2, kRst = 4, kAck = 16;
constexpr std::size_t kBatch = 32; // well below the kernel's backlog of 1,000 packets a processor

void put16(Frame &frame, std::size_t at, std::size_t value)
{
    frame[at] = static_cast<std::uint8_t>(value >> 8);
    frame[at + 1] = static_cast<std::uint8_t>(value);
}

// To a machine that is not there, so that nothing behind the capture costs time.
Frame frame_of(bool six, std::uint8_t protocol, std::uint8_t flags, std::size_t payload)
{
    const std::size_t ip = six ? 40 : 20, transport = protocol == 6 ? 20 : 8;
    Frame frame(14 + ip + transport + payload);
    frame[0] = frame[5] = 2;
    frame[6] = 2;
    put16(frame, 12, six ? 0x86dd : 0x0800);
    frame[14] = six ? 0x60 : 0x45;
    put16(frame, six ? 18 : 16, (six ? 0 : ip) + transport + payload);
    frame[six ? 20 : 23] = protocol;
    frame[six ? 21 : 22] = 64;
    const std::size_t at = 14 + ip;
    put16(frame, at + 2, 80);
    if (protocol == 6) {
        frame[at + 12] = 0x50;
        frame[at + 13] = flags;
    }
    return frame;
}

std::vector<Frame> frames_of(std::string_view kind)
{
    if (kind == "syn")
        return {frame_of(false, 6, kSyn, 0)};
    const Frame data = frame_of(false, 6, kAck, 1400), udp = frame_of(false, 17, 0, 100);
    return {frame_of(false, 6, kSyn, 0),
            data,
            udp,
            frame_of(true, 6, kSyn, 0),
            data,
            data,
            udp,
            data,
            frame_of(false, 6, kSyn | kAck, 0),
            frame_of(false, 6, kRst | kAck, 0)};
}

// A port and a sequence number of its own for each SYN; a refusal keeps its 0.
void number(Frame &frame, std::uint64_t value)
{
    const std::size_t at = frame[12] == 0x86 ? 54 : 34;
    if ((frame[at + 13] & (kSyn | kAck)) != kSyn || frame[frame[12] == 0x86 ? 20 : 23] != 6)
        return;
    put16(frame, at, value & 0xffff);
    put16(frame, at + 4, value >> 16 & 0xffff);
    put16(frame, at + 6, value >> 32 & 0xffff);
}

int open_socket(const char *interface)
{
    const int fd = socket(AF_PACKET, SOCK_RAW, 0);
    const int one = 1;
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(if_nametoindex(interface));
    if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr *>(&to), sizeof to) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one) != 0) {
        std::perror("packet socket");
        std::exit(1);
    }
    return fd;
}

} // namespace

int main(int count, char **words)
{
    if (count != 5)
        return 2;
    const int fd = open_socket(words[1]);
    const std::vector<Frame> kinds = frames_of(words[2]);
    const std::uint64_t wanted = std::strtoull(words[3], nullptr, 10), rate = std::strtoull(words[4], nullptr, 10);
    // At a rate, packet by packet, so that they are as evenly spread as they can be.
    const std::size_t batch = rate == 0 || rate > 100'000 ? kBatch : 1;
    std::array<Frame, kBatch> frames;
    std::array<iovec, kBatch> parts{};
    std::array<mmsghdr, kBatch> messages{};
    const auto begun = Clock::now();
    std::uint64_t sent = 0;
    while (sent < wanted) {
        std::size_t n = 0;
        for (; n < batch && sent + n < wanted; ++n) {
            frames[n] = kinds[(sent + n) % kinds.size()];
            number(frames[n], sent + n);
            parts[n] = {frames[n].data(), frames[n].size()};
            messages[n].msg_hdr.msg_iov = &parts[n];
            messages[n].msg_hdr.msg_iovlen = 1;
        }
        if (rate != 0)
            while (Clock::now() < begun + std::chrono::nanoseconds(sent * 1'000'000'000 / rate))
                ;
        const int done = sendmmsg(fd, messages.data(), static_cast<unsigned>(n), 0);
        if (done > 0)
            sent += static_cast<std::uint64_t>(done);
        else if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR) {
            std::perror("sendmmsg");
            return 1;
        }
    }
    std::printf("%llu %lld\n", static_cast<unsigned long long>(sent),
                static_cast<long long>((Clock::now() - begun) / std::chrono::nanoseconds(1)));
    return 0;
}
