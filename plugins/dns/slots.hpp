#pragma once

#include "answer_check.hpp"
#include "question.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sonde::dns {

// Random bytes, drawn from the host many at a time: one call for each query would be a good part of its cost.
class Drawer {
public:
    explicit Drawer(Random random) : random_(std::move(random)) {}

    void draw(void *bytes, std::size_t size);

private:
    Random random_;
    std::array<std::uint8_t, 4096> store_;
    std::size_t used_ = sizeof store_;
};

/*
 * The queries that one socket has on their way, found by their random ids. An id's low bits are its place, so that a
 * look-up is one comparison; an id whose place is taken is drawn again. What is over keeps its place until another
 * query needs it, so that what comes twice or late is known for what it is.
 */
class Slots {
public:
    static constexpr std::size_t kWireMax = 512;

    enum class State : std::uint8_t { empty, waiting, timed_out, over };
    struct Slot {
        State state = State::empty;
        bool counted = false; // its bytes
        bool unsent = false;  // timed out in this host's own queue, as far as is known
        std::uint16_t id = 0;
        std::uint16_t size = 0;
        std::uint32_t epoch = 0;  // of the wall clock, see Volley
        std::uint32_t before = 0; // in the order of beginning
        std::uint32_t behind = 0;
        std::int64_t begun = 0;  // CLOCK_MONOTONIC ns: taken, then handed to the kernel
        std::int64_t queued = 0; // CLOCK_REALTIME ns; 0: no stamp
        std::int64_t sent = 0;
        std::array<std::uint8_t, kWireMax> wire;

        Octets query() const { return {wire.data(), size}; }
    };

    // For at most `most` on their way at a time (1 to 16384). What has timed out keeps its place for `keep` ns after it
    // was begun, unless too little else is free.
    Slots(std::size_t most, std::int64_t keep);

    bool full() const { return waiting_ == most_; }
    std::size_t waiting() const { return waiting_; }
    std::size_t most() const { return most_; }
    std::size_t room() const { return most_ - waiting_; }
    // A place for a query, with its id drawn. Not while full.
    Slot &take(Drawer &drawer, std::int64_t now);
    // The one with this id, on its way or over; nullptr: there was none, or its place was needed.
    Slot *find(std::uint16_t id);
    // It no longer waits.
    void settle(Slot &slot, State state);
    // The longest waiting one; nullptr if none waits.
    Slot *oldest();

private:
    std::uint32_t place_of(const Slot &slot) const { return static_cast<std::uint32_t>(&slot - slots_.data()); }

    std::vector<Slot> slots_; // and one more, where the order begins and ends
    std::size_t places_;
    std::size_t most_;
    std::size_t waiting_ = 0;
    std::int64_t keep_;
};

} // namespace sonde::dns
