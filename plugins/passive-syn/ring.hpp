#pragma once

#include "filter.hpp"
#include "link_info.hpp"
#include "segment.hpp"

#include <sonde/plugin.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <linux/if_packet.h>

namespace sonde::passive_syn {

// A packet socket on one interface with a ring that the kernel shares with us (TPACKET_V3): captured packets are read
// where the kernel wrote them, a block at a time.
class Ring {
public:
    struct Frame {
        Bytes bytes;
        std::int64_t stamp; // CLOCK_REALTIME ns
        Direction direction;
        bool own; // of this agent's own measurements; never true where their sockets bear no mark
    };

    // A block that is not full is handed over after this long.
    static constexpr std::int64_t kBlockTime = 50'000'000;
    // 4 MiB, twice what tcpdump has by default: at a million SYN a second, about 25 ms of them.
    static constexpr std::uint32_t kBlockBytes = 256 * 1024, kBlocks = 16;
    static constexpr std::size_t kBytes = std::size_t{kBlockBytes} * kBlocks;

    // Begins to capture. Throws Failure{kNoSocket, kNoRing, kInterfaceGone}.
    Ring(const sonde_host &host, const LinkInfo &interface, bool want_in, bool want_out);
    ~Ring();
    Ring(const Ring &) = delete;
    Ring &operator=(const Ring &) = delete;

    int fd() const { return fd_.get(); }
    Link link() const { return link_; }

    // Hands over each frame of the blocks that are ready: at most one turn of the ring, so that a flood cannot keep the
    // caller from the clock. A frame is gone after the callback.
    template <class Each>
    void drain(Each each)
    {
        for (std::uint32_t turn = 0; turn < kBlocks; ++turn) {
            const std::uint8_t *at = ready();
            if (at == nullptr)
                return;
            for (std::uint32_t left = frames_in_block(); left > 0; --left) {
                tpacket3_hdr header;
                std::memcpy(&header, at, sizeof header);
                // Another processor wrote them, and one after the other is waited for otherwise. Frames are alike.
                const std::uint8_t *ahead = at + std::size_t{header.tp_next_offset} * kAhead;
                for (std::size_t line = 0; line < kFrameLines; ++line)
                    __builtin_prefetch(ahead + line * kLineBytes);
                each(frame_at(at, header));
                at += header.tp_next_offset;
            }
            give_back();
        }
    }
    // Packets that passed the filter but found the ring full, since the last call.
    std::uint64_t drops();
    // Whether this agent's own measurements can be told from other traffic: its launcher marks their sockets.
    bool knows_own() const { return mark_ != 0; }

private:
    static constexpr std::uint32_t kFrameBytes = 2048;
    static constexpr std::size_t kAhead = 6, kFrameLines = 3, kLineBytes = 64;

    void make_ring();
    void stamp_early();

    tpacket_block_desc *block() const
    {
        return reinterpret_cast<tpacket_block_desc *>(memory_ + std::size_t{kBlockBytes} * next_block_);
    }
    // The first frame of the next block; null if the kernel still has it.
    const std::uint8_t *ready() const
    {
        std::atomic_ref<std::uint32_t> status(block()->hdr.bh1.block_status);
        if ((status.load(std::memory_order_acquire) & TP_STATUS_USER) == 0)
            return nullptr;
        return reinterpret_cast<std::uint8_t *>(block()) + block()->hdr.bh1.offset_to_first_pkt;
    }
    std::uint32_t frames_in_block() const { return block()->hdr.bh1.num_pkts; }
    void give_back()
    {
        std::atomic_ref<std::uint32_t>(block()->hdr.bh1.block_status)
            .store(TP_STATUS_KERNEL, std::memory_order_release);
        next_block_ = (next_block_ + 1) % kBlocks;
    }
    Frame frame_at(const std::uint8_t *at, const tpacket3_hdr &header) const
    {
        const auto *link = reinterpret_cast<const sockaddr_ll *>(at + TPACKET_ALIGN(sizeof header));
        return {{at + header.tp_mac, header.tp_snaplen},
                header.tp_sec * std::int64_t{1'000'000'000} + header.tp_nsec,
                link->sll_pkttype == PACKET_OUTGOING ? Direction::out : Direction::in,
                knows_own() && is_own(header.tp_snaplen, header.tp_len)};
    }

    std::uint32_t mark_ = 0;
    sonde::plugin::Fd fd_;
    Link link_;
    std::uint8_t *memory_ = nullptr;
    std::uint32_t next_block_ = 0;
};

} // namespace sonde::passive_syn
