#pragma once

#include "filter.hpp"
#include "link_info.hpp"
#include "segment.hpp"

#include <sonde/plugin.hpp>

#include <cstdint>
#include <functional>

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

    // Begins to capture. Throws Failure{kNoSocket, kNoRing, kInterfaceGone}.
    Ring(const sonde_host &host, const LinkInfo &interface, bool want_in, bool want_out);
    ~Ring();
    Ring(const Ring &) = delete;
    Ring &operator=(const Ring &) = delete;

    int fd() const { return fd_.get(); }
    Link link() const { return link_; }

    // Hands over each frame of the blocks that are ready. A frame is gone after the callback.
    void drain(const std::function<void(const Frame &)> &each);
    // Packets that passed the filter but found the ring full, since the last call.
    std::uint64_t drops();
    // Forgets the socket's pending error, which it has once the interface has gone down.
    void clear_error();
    // Whether this agent's own measurements can be told from other traffic: its launcher marks their sockets.
    bool knows_own() const { return mark_ != 0; }

private:
    void make_ring();
    void stamp_early();

    std::uint32_t mark_ = 0;
    sonde::plugin::Fd fd_;
    Link link_;
    std::uint8_t *memory_ = nullptr;
    std::uint32_t next_block_ = 0;
};

} // namespace sonde::passive_syn
