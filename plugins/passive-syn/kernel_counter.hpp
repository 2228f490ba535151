#pragma once

#include "counter_program.hpp"
#include "link_info.hpp"

#include <sonde/plugin.hpp>

#include <cstddef>
#include <cstdint>

namespace sonde::passive_syn {

// Packets of an interval, as numbered by Class.
struct ClassCounts {
    std::uint64_t counts[2][2][kClassesEach] = {}; // [family is 6][direction]

    std::uint64_t of(bool six, Direction direction, Class what) const
    {
        return counts[six][static_cast<int>(direction)][static_cast<int>(what)];
    }
};

// The kernel counts the packets of an interface by class and interval (sonde.counter/1), and hands over none of them.
class KernelCounter {
public:
    // Throws Failure{kNoSocket, kNoRing, kInterfaceGone}, and kNoCounter where the host or the kernel has none.
    KernelCounter(const sonde_host &host, const LinkInfo &interface, bool want_in, bool want_out);
    ~KernelCounter();
    KernelCounter(const KernelCounter &) = delete;
    KernelCounter &operator=(const KernelCounter &) = delete;

    int fd() const { return fd_.get(); }
    // Whether this agent's own measurements can be told from other traffic.
    bool knows_own() const { return mark_ != 0; }

    // Counts anew, in intervals of `width` ns from `origin` (CLOCK_MONOTONIC ns), of which the first `open` are.
    void begin(std::int64_t origin, std::int64_t width, std::uint64_t open);
    // The intervals below this number are counted. 0: nothing more.
    void open(std::uint64_t below);
    // What an interval that is over has brought. To be asked once of each, in their order, before the eighth behind it
    // is opened.
    ClassCounts take(std::uint64_t number);
    // Whether packets came in intervals that were not open, since the last call.
    bool missed();

private:
    static constexpr std::size_t kBytes =
        sizeof(sonde_counter_memory) + sizeof(std::uint64_t) * SONDE_COUNTER_INTERVALS * kClasses;

    sonde_counter_memory *memory() const { return static_cast<sonde_counter_memory *>(memory_); }
    std::uint64_t counted(std::size_t place) const;

    std::uint32_t mark_ = 0;
    sonde::plugin::Fd fd_;
    void *memory_ = nullptr;
    std::uint64_t before_[SONDE_COUNTER_INTERVALS * kClasses] = {}; // what was counted until the last interval in each
    std::uint64_t missed_before_ = 0;
};

} // namespace sonde::passive_syn
