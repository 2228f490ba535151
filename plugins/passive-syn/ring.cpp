#include "ring.hpp"

#include "capture_socket.hpp"
#include "failing.hpp"

#include <vector>

#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <sys/mman.h>
#include <sys/socket.h>

namespace sonde::passive_syn {

Ring::Ring(const sonde_host &host, const LinkInfo &interface, bool want_in, bool want_out)
    : fd_(open_capture(host)), link_(link_of(interface.type))
{
    mark_ = mark_of(fd_.get());
    // The filter before the binding, so that nothing else ever enters the ring.
    std::vector<sock_filter> code = make_filter(link_, want_in, want_out, mark_);
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    if (setsockopt(fd_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
        throw failure(kNoRing, "SO_ATTACH_FILTER");
    make_ring();
    stamp_early();
    bind_to_all(fd_.get(), interface);
}

Ring::~Ring()
{
    if (memory_ != nullptr)
        munmap(memory_, kBytes);
}

// Without this the ring has the time at which it took the packet, behind the wait in the kernel's backlog. It begins
// some ms later than asked for; until then, and from kernels that cannot, there is that other time.
void Ring::stamp_early()
{
    const int one = 1, software = SOF_TIMESTAMPING_SOFTWARE;
    setsockopt(fd_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    setsockopt(fd_.get(), SOL_PACKET, PACKET_TIMESTAMP, &software, sizeof software);
}

void Ring::make_ring()
{
    const int version = TPACKET_V3;
    if (setsockopt(fd_.get(), SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0)
        throw failure(kNoRing, "TPACKET_V3");
    tpacket_req3 request{};
    request.tp_block_size = kBlockBytes;
    request.tp_block_nr = kBlocks;
    request.tp_frame_size = kFrameBytes;
    request.tp_frame_nr = kBlockBytes / kFrameBytes * kBlocks;
    request.tp_retire_blk_tov = kBlockTime / 1'000'000;
    if (setsockopt(fd_.get(), SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0)
        throw failure(kNoRing, "PACKET_RX_RING");
    void *memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    if (memory == MAP_FAILED)
        throw failure(kNoRing, "mapping the ring");
    memory_ = static_cast<std::uint8_t *>(memory);
}

std::uint64_t Ring::drops()
{
    tpacket_stats_v3 stats{};
    socklen_t length = sizeof stats;
    if (getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &length) != 0)
        return 0;
    return stats.tp_drops;
}

} // namespace sonde::passive_syn
