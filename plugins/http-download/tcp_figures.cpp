#include "tcp_figures.hpp"

#include <cstddef>
#include <cstring>

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sonde::http_download {
namespace {

// tcpi_rcv_wnd, by its place in the kernel's interface: the headers of Debian 12 end just before it.
constexpr std::size_t kReceiveWindowAt = 232;
static_assert(offsetof(tcp_info, tcpi_snd_wnd) + sizeof(std::uint32_t) <= kReceiveWindowAt);

// No window is larger than this.
std::uint32_t receive_buffer(int fd)
{
    std::uint32_t bytes = 0;
    socklen_t length = sizeof bytes;
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length);
    return bytes;
}

} // namespace

std::optional<TcpFigures> read_tcp_figures(int fd, std::uint32_t family)
{
    unsigned char raw[512] = {};
    socklen_t length = sizeof raw;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, raw, &length) != 0 || length < offsetof(tcp_info, tcpi_snd_wnd))
        return std::nullopt;
    tcp_info info;
    std::memcpy(&info, raw, sizeof info);

    const bool timestamps = (info.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0;
    const std::uint64_t headers = (family == 4 ? 20 : 40) + 20 + (timestamps ? 12 : 0);
    const std::uint64_t handshake = timestamps ? 8 : 0;
    TcpFigures figures;
    figures.ip_received_bytes = info.tcpi_bytes_received + info.tcpi_segs_in * headers + handshake;
    figures.ip_sent_bytes = info.tcpi_bytes_sent + info.tcpi_segs_out * headers + handshake;
    figures.out_of_order = info.tcpi_rcv_ooopack;
    if (info.tcpi_rcv_rtt > 0)
        figures.round_trip = std::int64_t{info.tcpi_rcv_rtt} * 1000;
    if (info.tcpi_rcv_mss > 0)
        figures.segment_bytes = info.tcpi_rcv_mss;
    if (length >= kReceiveWindowAt + sizeof(std::uint32_t)) {
        std::uint32_t window = 0;
        std::memcpy(&window, raw + kReceiveWindowAt, sizeof window);
        figures.receive_window = window;
    }
    figures.may_come_bytes = figures.receive_window.value_or(receive_buffer(fd));
    return figures;
}

} // namespace sonde::http_download
