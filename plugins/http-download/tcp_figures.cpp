#include "tcp_figures.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace sonde::http_download {
namespace {

// tcpi_rcv_wnd, by its place in the kernel's interface: the headers of Debian 12 end just before it.
constexpr std::size_t kReceiveWindowAt = 232;
static_assert(offsetof(tcp_info, tcpi_snd_wnd) + sizeof(std::uint32_t) <= kReceiveWindowAt);

// TCP_CLOSE and the others, which the two headers of TCP both define.
constexpr std::uint8_t kTimeWait = 6, kStateClosed = 7, kCloseWait = 8, kLastAck = 9, kClosing = 11;
constexpr std::uint32_t kNoRoundTrip = UINT32_MAX; // tcpi_min_rtt before there is one

// Of our SYN: maximum segment size, SACK permitted, timestamps, window scale. A server that knows them all answers so.
constexpr std::uint64_t kSynOptions = 20;

// Of a SYN/ACK without timestamps.
std::uint64_t answered_options(unsigned options)
{
    return 4U + ((options & TCPI_OPT_SACK) != 0 ? 4U : 0U) + ((options & TCPI_OPT_WSCALE) != 0 ? 4U : 0U);
}

// No window is larger than this.
std::uint32_t receive_buffer(int fd)
{
    std::uint32_t bytes = 0;
    socklen_t length = sizeof bytes;
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length);
    return bytes;
}

std::uint64_t unacknowledged(int fd)
{
    int bytes = 0;
    return ioctl(fd, SIOCOUTQ, &bytes) == 0 ? static_cast<std::uint64_t>(std::max(bytes, 0)) : 0;
}

// The kernel takes the other side's FIN for a byte.
bool got_fin(std::uint8_t state)
{
    return state == kTimeWait || state == kStateClosed || state == kCloseWait || state == kLastAck || state == kClosing;
}

std::int64_t from_us(std::uint64_t us)
{
    return static_cast<std::int64_t>(us) * 1000;
}

void add_receiver(TcpFigures &figures, const tcp_info &info)
{
    figures.out_of_order = info.tcpi_rcv_ooopack;
    if (info.tcpi_rcv_rtt > 0)
        figures.round_trip = from_us(info.tcpi_rcv_rtt);
    if (info.tcpi_rcv_mss > 0)
        figures.segment_bytes = info.tcpi_rcv_mss;
}

void add_sender(TcpFigures &figures, const tcp_info &info, std::uint64_t headers, int fd)
{
    figures.unacknowledged_bytes = unacknowledged(fd);
    figures.sent_bytes = info.tcpi_bytes_sent;
    figures.repeated_bytes = info.tcpi_bytes_retrans;
    figures.busy = from_us(info.tcpi_busy_time);
    figures.held_by_window = from_us(info.tcpi_rwnd_limited);
    figures.held_by_buffer = from_us(info.tcpi_sndbuf_limited);
    if (info.tcpi_rtt > 0)
        figures.round_trip = from_us(info.tcpi_rtt);
    // Each segment that came twice is acknowledged with a block that says so, 12 bytes with its padding (RFC 2883).
    figures.ip_received_bytes += 12ULL * info.tcpi_dsack_dups;
    const std::uint64_t segment = std::max<std::uint64_t>(info.tcpi_snd_mss, 1);
    figures.ip_carried_bytes = info.tcpi_bytes_acked + info.tcpi_bytes_acked * headers / segment;
    figures.may_come_bytes = figures.unacknowledged_bytes;
}

} // namespace

std::optional<TcpFigures> read_tcp_figures(int fd, std::uint32_t family, Direction direction, bool broken)
{
    unsigned char raw[512] = {};
    socklen_t length = sizeof raw;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, raw, &length) != 0 || length < offsetof(tcp_info, tcpi_snd_wnd))
        return std::nullopt;
    tcp_info info;
    std::memcpy(&info, raw, sizeof info);

    const bool timestamps = (info.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0;
    const std::uint64_t bare = (family == 4 ? 20 : 40) + 20;
    const std::uint64_t headers = bare + (timestamps ? 12 : 0);
    TcpFigures figures;
    figures.closed = info.tcpi_state == kStateClosed;
    figures.header_bytes = headers;
    if (info.tcpi_bytes_acked == 0) { // not even our SYN, which counts as one: a RST has no options
        figures.ip_received_bytes = info.tcpi_segs_in * bare;
        figures.ip_sent_bytes = info.tcpi_segs_out * (bare + kSynOptions);
        return figures;
    }
    figures.stands = !figures.closed;
    figures.received_bytes = info.tcpi_bytes_received;
    if (figures.received_bytes > 0 && got_fin(info.tcpi_state) && !broken)
        --figures.received_bytes;
    figures.ip_received_bytes = figures.received_bytes + info.tcpi_segs_in * headers +
                                (timestamps ? kSynOptions - 12 : answered_options(info.tcpi_options));
    figures.ip_sent_bytes = info.tcpi_bytes_sent + info.tcpi_segs_out * headers + kSynOptions - (timestamps ? 12 : 0);
    figures.unacknowledged_segments = info.tcpi_unacked;
    figures.path_mtu = info.tcpi_pmtu;
    if (info.tcpi_min_rtt > 0 && info.tcpi_min_rtt != kNoRoundTrip)
        figures.least_round_trip = from_us(info.tcpi_min_rtt);
    if (length >= kReceiveWindowAt + sizeof(std::uint32_t)) {
        std::uint32_t window = 0;
        std::memcpy(&window, raw + kReceiveWindowAt, sizeof window);
        figures.receive_window = window;
    }
    add_receiver(figures, info);
    if (direction == Direction::up) {
        add_sender(figures, info, headers, fd);
    } else {
        figures.ip_carried_bytes = figures.ip_received_bytes;
        // The window goes on moving as far as the buffer is empty.
        figures.may_come_bytes = figures.closed ? 0 : receive_buffer(fd);
    }
    return figures;
}

} // namespace sonde::http_download
