#include "stream_bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace sonde::dns {
namespace {

// As in <netinet/tcp.h>, which cannot stand beside <linux/tcp.h>.
constexpr std::uint8_t kClosed = 7;

} // namespace

std::optional<StreamBytes> read_stream_bytes(int fd, std::uint32_t family, bool established, std::uint64_t read)
{
    tcp_info info = {};
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 || length < offsetof(tcp_info, tcpi_snd_wnd))
        return std::nullopt;
    const std::uint64_t headers = (family == 4 ? 20 : 40) + 20;
    StreamBytes bytes;
    bytes.closed = info.tcpi_state == kClosed;
    if (!established) {
        bytes.sent = info.tcpi_segs_out * (headers + 20);
        bytes.received = info.tcpi_segs_in * headers;
        return bytes;
    }
    const bool timestamps = (info.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0;
    const std::uint64_t each = headers + (timestamps ? 12 : 0);
    const std::uint64_t handshake = timestamps ? 8 : 20;
    bytes.sent = info.tcpi_bytes_sent + info.tcpi_segs_out * each + handshake;
    // Not tcpi_bytes_received: it takes the other side's FIN for a byte, and after an RST nothing tells whether one
    // came.
    int unread = 0;
    if (ioctl(fd, SIOCINQ, &unread) != 0)
        return std::nullopt;
    const std::uint64_t received = read + static_cast<std::uint64_t>(unread);
    // Each segment of ours that came twice is acknowledged with a block that says so, 12 bytes with its padding (RFC
    // 2883).
    bytes.received = received + info.tcpi_segs_in * each + (timestamps ? 8 : 0) + 12ULL * info.tcpi_dsack_dups;
    return bytes;
}

} // namespace sonde::dns
