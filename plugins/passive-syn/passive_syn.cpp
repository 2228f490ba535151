// passive-syn: counts TCP connection set-ups on an interface. README.md says what is counted and what is not.

#include "methods.hpp"

#include "counting.hpp"
#include "failing.hpp"
#include "point.hpp"
#include "settings.hpp"
#include "watch.hpp"

#include <optional>

namespace sonde::passive_syn {

namespace sdk = sonde::plugin;
using sdk::column;

namespace {

struct CountSettings {
    std::chrono::nanoseconds interval{};
    std::uint64_t intervals = 0;
    Alignment alignment{};
    Wanted direction{};
    std::uint64_t syn_memory = 0;
    Counter counter{};
};

// In that section since gcc 12 leaves a constant with a constructor writable.
[[gnu::section(".data.rel.ro.sonde")]] constinit const sdk::OptionSet kOptions(
    sdk::option<&CountSettings::interval>(kIntervalOption), sdk::option<&CountSettings::intervals>(kIntervalsOption),
    sdk::option<&CountSettings::alignment>(kAlignmentOption), sdk::option<&CountSettings::direction>(kDirectionOption),
    sdk::option<&CountSettings::syn_memory>(
        {.id = "syn_memory",
         .unit = "packets",
         .default_value = "131072",
         .minimum = "0",
         .maximum = "4194304",
         .help = "SYNs a minute that are remembered, at 32 to 64 bytes each, to know retransmissions"}),
    sdk::option<&CountSettings::counter>(
        {.id = "counter",
         .type = SONDE_ENUM,
         .default_value = "ring",
         .words = kCounterWords,
         .help =
             "kernel: costs next to nothing, tells no first SYNs and no answers to own; auto: kernel where it can"}));

struct CountRow {
    sdk::Timestamp start{};
    std::chrono::nanoseconds covered{};
    std::uint32_t family = 0;
    Direction direction{};
    std::uint64_t syn = 0, syn_ack = 0, rst = 0, unparsed = 0, drops = 0;
    std::optional<std::uint64_t> syn_first, syn_own, syn_ack_own, rst_own;
    std::chrono::nanoseconds memory{};
    bool exact = false;
};

[[gnu::section(".data.rel.ro.sonde")]] constinit const sdk::Table kIntervalTable(
    {.id = "interval", .help = "one row an interval, family and direction"},
    column<&CountRow::start>(
        {.id = "start", .clock = SONDE_CLOCK_WALL, .help = "packets count from here on, by their own stamps"}),
    column<&CountRow::covered>(
        {.id = "covered",
         .help = "how much of the interval was observed: less if the run was ended or the interface was down"}),
    column<&CountRow::family>({.id = "family", .help = "4 or 6"}),
    column<&CountRow::direction>({.id = "direction", .words = kDirectionWords, .help = "as the interface sees it"}),
    column<&CountRow::syn>(
        {.id = "syn", .unit = "packets", .help = "SYN without ACK, retransmissions and ECN-setup SYNs among them"}),
    column<&CountRow::syn_first>({.id = "syn_first",
                                  .unit = "packets",
                                  .help = "of syn, those of a connection attempt not seen before; null: too many to "
                                          "tell apart, or the kernel counts"}),
    column<&CountRow::syn_own>(
        {.id = "syn_own", .unit = "packets", .help = "of syn, this agent's own measurements; null: they bear no mark"}),
    column<&CountRow::syn_ack>({.id = "syn_ack", .unit = "packets", .help = "SYN with ACK"}),
    column<&CountRow::syn_ack_own>({.id = "syn_ack_own",
                                    .unit = "packets",
                                    .help = "of syn_ack, answers to or from own measurements; null also with "
                                            "direction=in, or where the kernel counts"}),
    column<&CountRow::rst>(
        {.id = "rst", .unit = "packets", .help = "RST that refuses a SYN: with ACK and sequence number 0"}),
    column<&CountRow::rst_own>(
        {.id = "rst_own",
         .unit = "packets",
         .help = "of rst, answers to own measurements; null also with direction=in, or where the kernel counts"}),
    column<&CountRow::unparsed>(
        {.id = "unparsed",
         .unit = "packets",
         .help = "IP packets whose TCP header could not be read: each could have been any of the above"}),
    column<&CountRow::drops>({.id = "drops",
                              .unit = "packets",
                              .help = "lost here for want of buffer in this interval, the same in each of its rows"}),
    column<&CountRow::memory>(
        {.id = "memory",
         .help =
             "how far back before the interval SYNs were remembered: one first sent before then counts as a first"}),
    column<&CountRow::exact>(
        {.id = "exact",
         .help = "the whole interval was seen, nothing dropped or unparsed, the clock not set meanwhile"}));

constexpr std::uint32_t kIntervalAt = 0, kPointAt = 1;
constinit const sonde_table *const kTables[] = {&kIntervalTable, &kPointTable, nullptr};

std::optional<std::uint64_t> if_told(bool told, std::uint64_t count)
{
    return told ? std::optional(count) : std::nullopt;
}

// All rows of a cut interval are offered, also those behind the first that says stop.
bool write(const sonde_host &host, Wanted direction_wanted, bool knows_own, const Observed &seen, const Tally &tally)
{
    bool wanted = true;
    for (const std::uint32_t family : {4u, 6u})
        for (const Direction direction : {Direction::in, Direction::out}) {
            if (direction_wanted == (direction == Direction::in ? Wanted::out : Wanted::in))
                continue;
            const Counts &counts = tally.counts[family == 6][static_cast<int>(direction)];
            CountRow row;
            row.start = seen.start;
            row.covered = seen.covered;
            row.family = family;
            row.direction = direction;
            row.syn = counts.syn;
            row.syn_first = if_told(tally.told_apart, counts.syn_first);
            row.syn_own = if_told(knows_own, counts.syn_own);
            row.syn_ack = counts.syn_ack;
            // What arrives answers own SYNs that `in` alone does not see.
            const bool answers_told = knows_own && tally.own_told && direction_wanted != Wanted::in;
            row.syn_ack_own = if_told(answers_told, counts.syn_ack_own);
            row.rst = counts.rst;
            row.rst_own = if_told(answers_told, counts.rst_own);
            row.unparsed = counts.unparsed;
            row.drops = seen.interval.drops;
            row.memory = std::chrono::nanoseconds(tally.memory);
            row.exact = seen.whole && counts.unparsed == 0;
            const auto cells = kIntervalTable.cells(row);
            wanted = sdk::offer(host, kIntervalAt, std::span<const sonde_cell>(cells)) == 0 && wanted;
        }
    return wanted;
}

// It tells no SYN from another, and so neither first ones nor what answers own ones.
Tally tally_of(const ClassCounts &counted)
{
    Tally tally;
    tally.told_apart = tally.own_told = false;
    for (const bool six : {false, true})
        for (const Direction direction : {Direction::in, Direction::out}) {
            Counts &counts = tally.counts[six][static_cast<int>(direction)];
            counts.syn_own = counted.of(six, direction, Class::own_syn);
            counts.syn = counted.of(six, direction, Class::syn) + counts.syn_own;
            counts.syn_ack = counted.of(six, direction, Class::syn_ack);
            counts.rst = counted.of(six, direction, Class::rst);
            counts.unparsed = counted.of(six, direction, Class::unparsed);
        }
    return tally;
}

void measure(const sonde_host &host, const sonde_invocation &in)
{
    const CountSettings settings = kOptions.read(in);
    sdk::HashKey key;
    host.random(&host, key.data(), static_cast<std::uint32_t>(key.size()));
    Watch watch(host, in.interface_index,
                {settings.interval, settings.intervals, settings.alignment, settings.direction, settings.counter},
                kPointAt);
    Counting counting(key, settings.syn_memory, watch.begun());
    Observer observer;
    observer.packet = [&](const Interval &interval, const Seen &seen) { counting.add(interval, seen); };
    observer.interval = [&](const Observed &seen) {
        const ClassCounts *counted = watch.counted();
        const Tally tally = counted != nullptr ? tally_of(*counted) : counting.take(seen.interval);
        return write(host, settings.direction, watch.knows_own(), seen, tally);
    };
    observer.clock_set = [] {};
    watch.run(observer);
}

constexpr sonde_function kFunctions[] = {sdk::function({.uri = "urn:sonde:method:passive-syn"})};
constexpr auto kFunctionList = sdk::pointers(kFunctions);

} // namespace

constinit const sonde_method kPassiveSyn = sdk::method({
    .flags = SONDE_PASSIVE | SONDE_NEEDS_INTERFACE,
    .id = "passive-syn",
    .version = "1.0",
    .help = "counts TCP SYN, SYN/ACK and refusals on an interface, by family and direction, per interval",
    .functions = kFunctionList.data(),
    .options = kOptions.data(),
    .tables = kTables,
    .statuses = kStatusList,
    .privileges = SONDE_PRIVILEGE_CAPTURE,
    .run = sdk::guarded<measure, kUnexpected>,
});

} // namespace sonde::passive_syn
