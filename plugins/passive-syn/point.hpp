#pragma once

#include "link_info.hpp"

#include <sonde/plugin.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::passive_syn {

enum class PointEvent : std::uint8_t {
    begin,
    change,
};
inline constexpr const char *kPointEventWords[] = {"begin", "change", nullptr};

// What counts. The words only grow.
enum class CountedBy : std::uint8_t {
    ring,
    kernel,
};
inline constexpr const char *kCountedByWords[] = {"ring", "kernel", nullptr};

struct PointRow {
    sonde::plugin::Timestamp at{};
    PointEvent event{};
    std::string_view interface;
    std::string kind;
    bool up = false;
    std::optional<std::string> also_seen_at, may_miss;
    CountedBy counted_by{};
    std::optional<std::uint64_t> ring_size;
};

// The table that names the observation point, in both methods.
[[gnu::section(".data.rel.ro.sonde_point")]] inline constinit const sonde::plugin::Table kPointTable(
    {.id = "point", .help = "where it was observed: a row at the beginning, and one at each change"},
    sonde::plugin::column<&PointRow::at>({.id = "at", .clock = SONDE_CLOCK_WALL}),
    sonde::plugin::column<&PointRow::event>(
        {.id = "event", .words = kPointEventWords, .help = "change: up, down, renamed, made a port of another"}),
    sonde::plugin::column<&PointRow::interface>({.id = "interface", .help = "its name now"}),
    sonde::plugin::column<&PointRow::kind>({.id = "kind",
                                            .help = "ethernet, loopback, vlan, bridge, bond, veth, ppp, ..."}),
    sonde::plugin::column<&PointRow::up>({.id = "up", .help = "false: nothing is observed"}),
    sonde::plugin::column<&PointRow::also_seen_at>(
        {.id = "also_seen_at",
         .help = "interfaces at which the same packets are seen: their counts must not be added to these"}),
    sonde::plugin::column<&PointRow::may_miss>(
        {.id = "may_miss",
         .help = "what can take packets past the capture: hardware-offload, switch-chip, xdp; null: nothing known"}),
    sonde::plugin::column<&PointRow::counted_by>(
        {.id = "counted_by",
         .words = kCountedByWords,
         .help =
             "ring: this process, from a packet socket's ring; kernel: a program in the kernel, which copies nothing"}),
    sonde::plugin::column<&PointRow::ring_size>(
        {.id = "ring_size", .unit = "B", .help = "what the ring holds; null: there is none"}));

// `hardware_offload`: the interface's hardware may forward flows by itself.
PointRow describe_point(PointEvent event, sonde::plugin::Timestamp at, const LinkInfo &link,
                        const std::vector<std::string> &also_seen_at, bool hardware_offload);

} // namespace sonde::passive_syn
