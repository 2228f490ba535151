#pragma once

#include "filter.hpp"
#include "settings.hpp"

#include <sonde/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace sonde::passive_syn {

// Sections of their own, since gcc 12 leaves a constant with a constructor writable.

struct SpreadRow {
    sonde::plugin::Timestamp start{};
    std::chrono::nanoseconds covered{};
    std::uint32_t family = 0;
    Direction direction{};
    std::uint64_t begun = 0, answered = 0, repeated = 0, refused = 0, unanswered = 0, own = 0, unmatched = 0,
                  untracked = 0, unparsed = 0, drops = 0;
    std::optional<std::chrono::nanoseconds> rtt_min, rtt_median, rtt_p95, rtt_p99, rtt_max, rtt_mean;
    bool exact = false;
};

[[gnu::section(".data.rel.ro.sonde_spread")]] inline constinit const sonde::plugin::Table kSpreadTable(
    {.id = "interval", .help = "one row an interval, family and direction of the SYN"},
    sonde::plugin::column<&SpreadRow::start>({.id = "start", .clock = SONDE_CLOCK_WALL}),
    sonde::plugin::column<&SpreadRow::covered>({.id = "covered", .help = "how much of the interval was observed"}),
    sonde::plugin::column<&SpreadRow::family>({.id = "family", .help = "4 or 6"}),
    sonde::plugin::column<&SpreadRow::direction>(
        {.id = "direction", .words = kDirectionWords, .help = "of the SYN, as the interface sees it"}),
    sonde::plugin::column<&SpreadRow::begun>({.id = "begun",
                                              .help = "connection attempts whose first SYN was in this interval"}),
    sonde::plugin::column<&SpreadRow::answered>({.id = "answered", .help = "attempts whose SYN/ACK was"}),
    sonde::plugin::column<&SpreadRow::repeated>(
        {.id = "repeated", .help = "of answered, those whose SYN was seen more than once: without a round trip"}),
    sonde::plugin::column<&SpreadRow::refused>({.id = "refused", .help = "attempts whose RST was"}),
    sonde::plugin::column<&SpreadRow::unanswered>({.id = "unanswered", .help = "attempts that had waited for tmax"}),
    sonde::plugin::column<&SpreadRow::own>(
        {.id = "own", .help = "ended attempts of this agent's own measurements, counted only here"}),
    sonde::plugin::column<&SpreadRow::unmatched>(
        {.id = "unmatched",
         .unit = "packets",
         .help = "answers to no SYN that waits: sent again, later than tmax, or of before the run"}),
    sonde::plugin::column<&SpreadRow::untracked>(
        {.id = "untracked", .help = "attempts not followed: too many waited, or the SYN carried data"}),
    sonde::plugin::column<&SpreadRow::rtt_min>(
        {.id = "rtt_min", .help = "from SYN to SYN/ACK, by the kernel's stamps at the interface"}),
    sonde::plugin::column<&SpreadRow::rtt_median>({.id = "rtt_median"}),
    sonde::plugin::column<&SpreadRow::rtt_p95>({.id = "rtt_p95",
                                                .help = "null as well where there are too many round trips to keep"}),
    sonde::plugin::column<&SpreadRow::rtt_p99>({.id = "rtt_p99"}),
    sonde::plugin::column<&SpreadRow::rtt_max>({.id = "rtt_max"}),
    sonde::plugin::column<&SpreadRow::rtt_mean>({.id = "rtt_mean"}),
    sonde::plugin::column<&SpreadRow::unparsed>(
        {.id = "unparsed",
         .unit = "packets",
         .help = "IP packets whose TCP header could not be read, of either direction"}),
    sonde::plugin::column<&SpreadRow::drops>(
        {.id = "drops",
         .unit = "packets",
         .help = "lost here for want of buffer in this interval, the same in each of its rows"}),
    sonde::plugin::column<&SpreadRow::exact>(
        {.id = "exact",
         .help = "the whole interval was seen, nothing dropped, unparsed or untracked, the clock not set meanwhile"}));

struct SingletonRow {
    sonde::plugin::Timestamp syn{};
    std::uint32_t family = 0;
    Direction direction{};
    std::chrono::nanoseconds rtt{};
};

[[gnu::section(".data.rel.ro.sonde_singleton")]] inline constinit const sonde::plugin::Table
    kSingletonTable({.id = "handshake", .help = "one row a round trip, if singletons=true"},
                    sonde::plugin::column<&SingletonRow::syn>(
                        {.id = "syn", .clock = SONDE_CLOCK_WALL, .help = "the kernel's stamp of the SYN"}),
                    sonde::plugin::column<&SingletonRow::family>({.id = "family", .help = "4 or 6"}),
                    sonde::plugin::column<&SingletonRow::direction>(
                        {.id = "direction", .words = kDirectionWords, .help = "of the SYN, as the interface sees it"}),
                    sonde::plugin::column<&SingletonRow::rtt>({.id = "rtt", .help = "from SYN to SYN/ACK"}));

} // namespace sonde::passive_syn
