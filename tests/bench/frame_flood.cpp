// Sends frames into an interface as fast as one processor can, or at a rate: the traffic of passive_syn_benchmark.py.
// Usage: frame_flood INTERFACE syn|mixed COUNT RATE FIRST; RATE 0: no limit. FIRST is the number of the first packets,
// so that two senders' differ. Prints how many were sent and in how many ns.
//
// `syn`: each is a SYN of IPv4 with a port or sequence number of its own. `mixed`, of each ten: a SYN of IPv4, one of
// IPv6, a SYN/ACK, a refusal, four full data segments, two UDP datagrams.
//
// A call a frame would make the sender the slowest of all: the kernel makes many TCP segments of one (GSO), whose
// sequence numbers it advances by their payload. To that end the interface's own segmentation (TSO) is switched off.

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint8_t kSyn = 2, kRst = 4, kAck = 16;
constexpr std::size_t kEthernet = 14, kTcp = 20, kUdp = 8;
constexpr std::size_t kTogether = 40;      // of one kind, in the mixture
constexpr std::size_t kSynsTogether = 400; // well below the kernel's backlog of 1,000 packets a processor
constexpr std::uint64_t kSpreadBelow =
    100'000; // a second: packet by packet, so that they are as evenly spread as can be

// As in <linux/virtio_net.h>, which is no C++.
struct SegmentHeader {
    std::uint8_t flags, kind;
    std::uint16_t header_bytes, segment_bytes, checksum_from, checksum_at;
};
constexpr std::uint8_t kNeedsChecksum = 1, kTcp4 = 1, kTcp6 = 4;

// Frames of one kind that go out by one call.
struct Burst {
    std::vector<std::uint8_t> bytes; // headers, then all the frames' payload
    SegmentHeader header = {};       // of what the kernel shall part; else all 0
    std::size_t frames = 1;
    bool numbered = false; // a port and sequence numbers of its own each time
};

void put16(std::vector<std::uint8_t> &bytes, std::size_t at, std::size_t value)
{
    bytes[at] = static_cast<std::uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<std::uint8_t>(value);
}

// To a machine that is not there, so that nothing behind the capture costs time. `payload`: of each frame.
Burst burst_of(bool six, std::uint8_t protocol, std::uint8_t flags, std::size_t payload, std::size_t frames)
{
    const std::size_t ip = six ? 40 : 20, transport = protocol == 6 ? kTcp : kUdp, at = kEthernet + ip;
    Burst burst;
    burst.frames = frames;
    burst.bytes.resize(at + transport + payload * frames);
    auto &bytes = burst.bytes;
    bytes[0] = bytes[5] = bytes[6] = 2;
    put16(bytes, 12, six ? 0x86dd : 0x0800);
    bytes[14] = six ? 0x60 : 0x45;
    put16(bytes, six ? 18 : 16, bytes.size() - (six ? at : kEthernet));
    bytes[six ? 20 : 23] = protocol;
    bytes[six ? 21 : 22] = 64;
    put16(bytes, at + 2, 80);
    if (protocol == 6) {
        bytes[at + 12] = 0x50;
        bytes[at + 13] = flags;
        burst.numbered = flags == kSyn;
    }
    if (frames > 1)
        burst.header = {kNeedsChecksum,
                        six ? kTcp6 : kTcp4,
                        static_cast<std::uint16_t>(at + transport),
                        static_cast<std::uint16_t>(payload),
                        static_cast<std::uint16_t>(at),
                        16};
    return burst;
}

std::vector<Burst> bursts_of(std::string_view kind, bool spread)
{
    if (kind == "syn")
        return {burst_of(false, 6, kSyn, spread ? 0 : 8, spread ? 1 : kSynsTogether)};
    std::vector<Burst> bursts = {burst_of(false, 6, kSyn, 8, kTogether), burst_of(true, 6, kSyn, 8, kTogether),
                                 burst_of(false, 6, kSyn | kAck, 8, kTogether)};
    bursts.insert(bursts.end(), 4, burst_of(false, 6, kAck, 1400, kTogether));
    for (std::size_t i = 0; i < kTogether; ++i) {
        bursts.push_back(burst_of(false, 6, kRst | kAck, 0, 1)); // a refusal's sequence number is 0
        bursts.insert(bursts.end(), 2, burst_of(false, 17, 0, 100, 1));
    }
    return bursts;
}

void number(Burst &burst, std::uint64_t value)
{
    const std::size_t at = burst.bytes[12] == 0x86 ? kEthernet + 40 : kEthernet + 20;
    put16(burst.bytes, at, value & 0xffff);
    put16(burst.bytes, at + 4, value >> 16 & 0xffff);
}

// Leaves the processor to who else is on it, but not to the last moment: to be woken takes some 50 us.
void wait_until(Clock::time_point when)
{
    constexpr std::chrono::microseconds kWaking{100};
    if (when - Clock::now() > kWaking)
        std::this_thread::sleep_until(when - kWaking);
    while (Clock::now() < when)
        continue;
}

int open_socket(const char *interface)
{
    const int fd = socket(AF_PACKET, SOCK_RAW, 0);
    const int one = 1;
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(if_nametoindex(interface));
    ethtool_value off{ETHTOOL_STSO, 0};
    ifreq request{};
    std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    request.ifr_data = reinterpret_cast<char *>(&off);
    if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr *>(&to), sizeof to) != 0 ||
        setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof one) != 0 || ioctl(fd, SIOCETHTOOL, &request) != 0) {
        std::perror("packet socket");
        std::exit(1);
    }
    return fd;
}

} // namespace

int main(int count, char **words)
{
    if (count != 6)
        return 2;
    const int fd = open_socket(words[1]);
    const std::uint64_t wanted = std::strtoull(words[3], nullptr, 10), rate = std::strtoull(words[4], nullptr, 10);
    std::vector<Burst> bursts = bursts_of(words[2], rate != 0 && rate < kSpreadBelow);
    const auto begun = Clock::now();
    std::uint64_t sent = 0;
    for (std::uint64_t round = std::strtoull(words[5], nullptr, 10); sent < wanted; ++round) {
        for (Burst &burst : bursts) {
            if (burst.numbered)
                number(burst, round);
            if (rate != 0)
                wait_until(begun + std::chrono::nanoseconds(sent * 1'000'000'000 / rate));
            std::array<iovec, 2> parts = {iovec{&burst.header, sizeof burst.header},
                                          iovec{burst.bytes.data(), burst.bytes.size()}};
            msghdr message{};
            message.msg_iov = parts.data();
            message.msg_iovlen = parts.size();
            while (sendmsg(fd, &message, 0) < 0) {
                if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR) {
                    std::perror("sendmsg");
                    return 1;
                }
            }
            sent += burst.frames;
        }
    }
    std::printf("%llu %lld\n", static_cast<unsigned long long>(sent),
                static_cast<long long>((Clock::now() - begun) / std::chrono::nanoseconds(1)));
    return 0;
}
