// passive-handshake: round trips of TCP handshakes that pass an interface, from a SYN to what answers it.

#include "failing.hpp"
#include "handshake_tables.hpp"
#include "handshakes.hpp"
#include "methods.hpp"
#include "point.hpp"
#include "round_trips.hpp"
#include "settings.hpp"
#include "watch.hpp"

#include <limits>
#include <optional>

namespace sonde::passive_syn {

namespace sdk = sonde::plugin;
using sdk::column;

namespace {

struct HandshakeSettings {
    std::chrono::nanoseconds interval{}, tmax{};
    std::uint64_t intervals = 0, pending = 0;
    Alignment alignment{};
    Wanted direction{};
    bool singletons = false;
};

// In that section since gcc 12 leaves a constant with a constructor writable.
[[gnu::section(".data.rel.ro.sonde")]] constinit const sdk::OptionSet kHandshakeOptions(
    sdk::option<&HandshakeSettings::interval>(kIntervalOption),
    sdk::option<&HandshakeSettings::intervals>(kIntervalsOption),
    sdk::option<&HandshakeSettings::alignment>(kAlignmentOption),
    sdk::option<&HandshakeSettings::direction>({.id = "direction",
                                                .type = SONDE_ENUM,
                                                .default_value = "both",
                                                .words = kWantedWords,
                                                .help = "of the SYN, as the interface sees it"}),
    sdk::option<&HandshakeSettings::tmax>({.id = "tmax",
                                           .default_value = "10s",
                                           .minimum = "10ms",
                                           .maximum = "120s",
                                           .help = "an answer later than this is none"}),
    sdk::option<&HandshakeSettings::pending>({.id = "pending",
                                              .default_value = "65536",
                                              .minimum = "1",
                                              .maximum = "1048576",
                                              .help = "connection attempts that may wait for an answer at a time"}),
    sdk::option<&HandshakeSettings::singletons>(
        {.id = "singletons", .default_value = "false", .help = "a row for each round trip as well"}));

constexpr std::uint32_t kSpreadAt = 0, kSingletonAt = 1, kHandshakePointAt = 2;
constinit const sonde_table *const kHandshakeTables[] = {&kSpreadTable, &kSingletonTable, &kPointTable, nullptr};

// What one row of an interval is made of.
struct SpreadTally {
    std::uint64_t begun = 0, answered = 0, repeated = 0, refused = 0, unanswered = 0, own = 0, unmatched = 0,
                  untracked = 0, unparsed = 0;
    RoundTrips round_trips;
};

// One run's attempts, sorted into the open intervals by the time of what happened to them.
class HandshakeRun {
public:
    HandshakeRun(const sonde_host &host, const sonde_invocation &in, const HandshakeSettings &settings,
                 const sdk::HashKey &key)
        : host_(host), settings_(settings),
          watch_(host, in.interface_index, {settings.interval, settings.intervals, settings.alignment, Wanted::both},
                 kHandshakePointAt),
          handshakes_(key, settings.pending, settings.tmax.count())
    {
    }

    void run()
    {
        Observer observer;
        observer.packet = [this](const Interval &interval, const Seen &seen) { take(interval, seen); };
        observer.interval = [this](const Observed &seen) { return close(seen); };
        // Such an interval is doubtful anyway; its attempts have neither end nor round trip.
        observer.clock_set = [this] { handshakes_.forget(); };
        watch_.run(observer);
    }

private:
    bool wants(Direction direction) const
    {
        return settings_.direction != (direction == Direction::in ? Wanted::out : Wanted::in);
    }
    SpreadTally &tally(const Interval &interval, std::uint32_t family, Direction direction)
    {
        return open_[interval.number % Intervals::kOpenAtOnce][family == 6][static_cast<int>(direction)];
    }

    void take(const Interval &interval, const Seen &seen)
    {
        const Classified &packet = seen.packet;
        if (packet.segment == Segment::unparsed) {
            // It may have been a SYN or an answer to one, and so belongs to either.
            ++tally(interval, packet.family, Direction::in).unparsed;
            ++tally(interval, packet.family, Direction::out).unparsed;
            return;
        }
        const Direction other = seen.direction == Direction::in ? Direction::out : Direction::in;
        const Direction direction = packet.segment == Segment::syn ? seen.direction : other;
        if (!wants(direction))
            return;
        // Those of the interval before are its own to count, when it is closed.
        expire(interval, interval.start, seen.time);
        SpreadTally &counts = tally(interval, packet.family, direction);
        const Handshakes::Noted noted = handshakes_.note(seen);
        switch (noted.what) {
        case Handshakes::What::begun:
            counts.begun += !seen.own;
            break;
        case Handshakes::What::repeated:
            break;
        case Handshakes::What::ended:
            end(counts, *noted.ended);
            break;
        case Handshakes::What::unmatched:
            ++counts.unmatched;
            break;
        case Handshakes::What::untracked:
            ++counts.untracked;
            break;
        }
    }

    void end(SpreadTally &counts, const Handshake &ended)
    {
        if (ended.own) {
            ++counts.own;
        } else if (ended.end == Handshake::End::unanswered) {
            ++counts.unanswered;
        } else if (ended.end == Handshake::End::refused) {
            ++counts.refused;
        } else {
            ++counts.answered;
            counts.repeated += ended.repeated;
            if (!ended.repeated)
                round_trip(counts, ended);
        }
    }

    void round_trip(SpreadTally &counts, const Handshake &ended)
    {
        const std::chrono::nanoseconds rtt(ended.elapsed);
        counts.round_trips.add(rtt);
        if (!settings_.singletons)
            return;
        SingletonRow row;
        row.syn = watch_.wall(ended.syn);
        row.family = ended.family;
        row.direction = ended.direction;
        row.rtt = rtt;
        const auto cells = kSingletonTable.cells(row);
        sdk::offer(host_, kSingletonAt, std::span<const sonde_cell>(cells));
    }

    void expire(const Interval &interval, std::int64_t from, std::int64_t until)
    {
        while (const auto ended = handshakes_.expire(from, until))
            end(tally(interval, ended->family, ended->direction), *ended);
    }

    bool close(const Observed &seen)
    {
        expire(seen.interval, std::numeric_limits<std::int64_t>::min(), seen.until);
        bool wanted = true;
        for (const std::uint32_t family : {4u, 6u})
            for (const Direction direction : {Direction::in, Direction::out}) {
                SpreadTally &counts = tally(seen.interval, family, direction);
                if (wants(direction))
                    wanted = write(seen, family, direction, counts) && wanted;
                counts = {};
            }
        return wanted;
    }

    // All rows of a cut interval are offered, also those behind the first that says stop.
    bool write(const Observed &seen, std::uint32_t family, Direction direction, SpreadTally &counts) const
    {
        SpreadRow row;
        row.start = seen.start;
        row.covered = seen.covered;
        row.family = family;
        row.direction = direction;
        row.begun = counts.begun;
        row.answered = counts.answered;
        row.repeated = counts.repeated;
        row.refused = counts.refused;
        row.unanswered = counts.unanswered;
        row.own = counts.own;
        row.unmatched = counts.unmatched;
        row.untracked = counts.untracked;
        row.rtt_min = counts.round_trips.min();
        row.rtt_median = counts.round_trips.median();
        row.rtt_p95 = counts.round_trips.percentile(95);
        row.rtt_p99 = counts.round_trips.percentile(99);
        row.rtt_max = counts.round_trips.max();
        row.rtt_mean = counts.round_trips.mean();
        row.unparsed = counts.unparsed;
        row.drops = seen.interval.drops;
        row.exact = seen.whole && counts.unparsed == 0 && counts.untracked == 0;
        const auto cells = kSpreadTable.cells(row);
        return sdk::offer(host_, kSpreadAt, std::span<const sonde_cell>(cells)) == 0;
    }

    const sonde_host &host_;
    HandshakeSettings settings_;
    Watch watch_;
    Handshakes handshakes_;
    SpreadTally open_[Intervals::kOpenAtOnce][2][2]; // [interval][family is 6][direction]
};

void measure_handshakes(const sonde_host &host, const sonde_invocation &in)
{
    sdk::HashKey key;
    host.random(&host, key.data(), static_cast<std::uint32_t>(key.size()));
    HandshakeRun(host, in, kHandshakeOptions.read(in), key).run();
}

constexpr sonde_function kHandshakeFunctions[] = {sdk::function({.uri = "urn:sonde:method:passive-handshake"})};
constexpr auto kHandshakeFunctionList = sdk::pointers(kHandshakeFunctions);

} // namespace

constinit const sonde_method kPassiveHandshake = sdk::method({
    .flags = SONDE_PASSIVE | SONDE_NEEDS_INTERFACE,
    .id = "passive-handshake",
    .version = "1.0",
    .help = "round trips of the TCP handshakes that pass an interface, from SYN to SYN/ACK, per interval",
    .functions = kHandshakeFunctionList.data(),
    .options = kHandshakeOptions.data(),
    .tables = kHandshakeTables,
    .statuses = kStatusList,
    .privileges = SONDE_PRIVILEGE_CAPTURE,
    .run = sdk::guarded<measure_handshakes, kUnexpected>,
});

} // namespace sonde::passive_syn
