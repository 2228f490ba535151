#pragma once

#include <sonde/plugin.hpp>

#include <chrono>
#include <cstdint>

namespace sonde::passive_syn {

enum class Alignment : std::uint8_t {
    start,
    epoch,
};
inline constexpr const char *kAlignmentWords[] = {"start", "epoch", nullptr};

enum class Wanted : std::uint8_t {
    both,
    in,
    out,
};
inline constexpr const char *kWantedWords[] = {"both", "in", "out", nullptr};

enum class Counter : std::uint8_t {
    automatic,
    ring,
    kernel,
};
inline constexpr const char *kCounterWords[] = {"auto", "ring", "kernel", nullptr};

inline constexpr const char *kDirectionWords[] = {"in", "out", nullptr};

// What both methods are told.
struct Plan {
    std::chrono::nanoseconds interval{};
    std::uint64_t intervals = 0;
    Alignment alignment = Alignment::start;
    Wanted direction = Wanted::both;
    Counter counter = Counter::ring;
};

// Their options, whose order both keep.
inline constexpr sonde::plugin::OptionFields kIntervalOption{
    .id = "interval", .default_value = "60s", .minimum = "200ms", .maximum = "24h", .help = "length of an interval"};
inline constexpr sonde::plugin::OptionFields kIntervalsOption{.id = "intervals",
                                                              .default_value = "1",
                                                              .minimum = "1",
                                                              .maximum = "1000000",
                                                              .help = "how many, one after the other without a gap"};
inline constexpr sonde::plugin::OptionFields kAlignmentOption{
    .id = "alignment",
    .type = SONDE_ENUM,
    .default_value = "start",
    .words = kAlignmentWords,
    .help = "start: the first begins at once; epoch: at the next whole multiple of interval since 1970 UTC"};
inline constexpr sonde::plugin::OptionFields kDirectionOption{.id = "direction",
                                                              .type = SONDE_ENUM,
                                                              .default_value = "both",
                                                              .words = kWantedWords,
                                                              .help = "what to count, as the interface sees it"};

} // namespace sonde::passive_syn
