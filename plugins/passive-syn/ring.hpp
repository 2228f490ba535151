#pragma once

#include "filter.hpp"
#include "segment.hpp"

#include <sonde/plugin.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace sonde::passive_syn {

// The method's ways to fail.
enum Failing : std::int32_t {
    kNoSocket = 1,
    kNoRing = 2,
    kInterfaceGone = 3,
    kUnexpected = 4,
};

// A packet socket on one interface with a ring that the kernel shares with us (TPACKET_V3): captured packets are read
// where the kernel wrote them, a block at a time.
class Ring {
public:
    struct Frame {
        Bytes bytes;
        std::int64_t stamp; // CLOCK_REALTIME ns
        Direction direction;
    };

    // A block that is not full is handed over after this long.
    static constexpr std::int64_t kBlockTime = 50'000'000;

    // Begins to capture. Throws Failure{kNoSocket, kNoRing, kInterfaceGone}.
    Ring(const sonde_host &host, std::uint32_t interface_index, bool want_in, bool want_out);
    ~Ring();
    Ring(const Ring &) = delete;
    Ring &operator=(const Ring &) = delete;

    int fd() const { return fd_.get(); }
    Link link() const { return link_; }

    // Hands over each frame of the blocks that are ready. A frame is gone after the callback.
    void drain(const std::function<void(const Frame &)> &each);
    // Packets that passed the filter but found the ring full, since the last call.
    std::uint64_t drops();
    // The socket's pending error, which is cleared: ENETDOWN once the interface has gone down.
    int error();
    // Whether the interface is up; throws Failure{kInterfaceGone} if there is none of that index any more.
    bool up() const;

private:
    std::string name() const;
    Link find_link() const;
    void make_ring();

    std::uint32_t index_;
    sonde::plugin::Fd fd_;
    Link link_ = Link::ethernet;
    std::uint8_t *memory_ = nullptr;
    std::uint32_t next_block_ = 0;
};

} // namespace sonde::passive_syn
