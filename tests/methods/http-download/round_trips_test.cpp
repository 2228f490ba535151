#include "round_trips.hpp"

#include "support/catch.hpp"

using namespace sonde::http_download;

namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

void add_all(RoundTrips &trips, State state, std::int64_t ns)
{
    for (const Kind kind : {Kind::tcp, Kind::tls, Kind::http})
        trips.add(state, kind, ns);
}

} // namespace

TEST_CASE("a distribution's percentiles are round trips that were seen, whatever their order")
{
    std::vector<std::int64_t> all;
    for (std::int64_t i = 100; i > 0; --i)
        all.push_back(i);
    const auto seen = distribution_of(all);
    REQUIRE(seen);
    CHECK(seen->count == 100);
    CHECK(seen->minimum == 1);
    CHECK(seen->median == 50);
    CHECK(seen->p90 == 90);
    CHECK(seen->p99 == 99);
    CHECK(seen->maximum == 100);
    CHECK(seen->mean == Approx(50.5));
    CHECK(seen->trimmed_mean == Approx(48));
    CHECK_FALSE(distribution_of({}));
    CHECK(distribution_of({7})->trimmed_mean == Approx(7));
}

TEST_CASE("round trips a minute weigh the new connections and the loaded ones alike")
{
    RoundTrips trips;
    add_all(trips, State::idle, 20 * kMillisecond);
    CHECK(round_trips_per_minute(trips, State::idle, true, 0) == Approx(3000));
    CHECK_FALSE(round_trips_per_minute(trips, State::loaded, true, 0));
    add_all(trips, State::loaded, 100 * kMillisecond);
    CHECK_FALSE(round_trips_per_minute(trips, State::loaded, true, 0));
    trips.add(State::loaded, Kind::loaded_connection, 300 * kMillisecond);
    CHECK(round_trips_per_minute(trips, State::loaded, true, 0) == Approx(300));
}

TEST_CASE("without TLS its round trips are not missed, with TLS they are")
{
    RoundTrips trips;
    trips.add(State::idle, Kind::tcp, 10 * kMillisecond);
    trips.add(State::idle, Kind::http, 30 * kMillisecond);
    CHECK(round_trips_per_minute(trips, State::idle, false, 0) == Approx(3000));
    CHECK_FALSE(round_trips_per_minute(trips, State::idle, true, 0));
    CHECK(trips.least() == 10 * kMillisecond);
}

TEST_CASE("no round trips a minute where the kernel tells a part of them too coarsely")
{
    RoundTrips trips;
    add_all(trips, State::loaded, kMillisecond / 2);
    trips.add(State::loaded, Kind::loaded_connection, kMillisecond); // may be anything up to that
    CHECK(round_trips_per_minute(trips, State::loaded, true, 0) == Approx(80'000));
    CHECK_FALSE(round_trips_per_minute(trips, State::loaded, true, kMillisecond));
    RoundTrips queued;
    add_all(queued, State::loaded, 8 * kMillisecond);
    queued.add(State::loaded, Kind::loaded_connection, 12 * kMillisecond);
    CHECK(round_trips_per_minute(queued, State::loaded, true, kMillisecond) == Approx(6'000));
}

TEST_CASE("no round trips a minute where over a twentieth of the probes did not come to their end")
{
    RoundTrips trips;
    add_all(trips, State::loaded, 20 * kMillisecond);
    trips.add(State::loaded, Kind::loaded_connection, 20 * kMillisecond);
    for (int i = 0; i < 19; ++i)
        trips.add_probe(State::loaded, true);
    trips.add_probe(State::loaded, false);
    CHECK(round_trips_per_minute(trips, State::loaded, true, 0) == Approx(3000));
    trips.add_probe(State::loaded, false);
    CHECK_FALSE(round_trips_per_minute(trips, State::loaded, true, 0));
    CHECK(trips.failed(State::loaded) == 2);
    CHECK(trips.mostly_well(State::idle));
}

TEST_CASE(
    "round trips a minute of an idle line are told though a probe failed: there are few, and the series ends with it")
{
    RoundTrips trips;
    add_all(trips, State::idle, 20 * kMillisecond);
    trips.add_probe(State::idle, true);
    trips.add_probe(State::idle, false);
    CHECK(round_trips_per_minute(trips, State::idle, true, 0) == Approx(3000));
}

TEST_CASE("the loaded round trip is the kernel's, or of separate connections where that is too coarse")
{
    RoundTrips trips;
    trips.add(State::loaded, Kind::loaded_connection, 2 * kMillisecond);
    CHECK(loaded_round_trip(trips, 0) == Approx(2 * kMillisecond));
    CHECK_FALSE(loaded_round_trip(trips, kMillisecond));
    trips.add(State::loaded, Kind::tcp, kMillisecond / 4);
    CHECK(loaded_round_trip(trips, kMillisecond) == Approx(kMillisecond / 4));
    trips.add(State::loaded, Kind::loaded_connection, 30 * kMillisecond);
    CHECK(loaded_round_trip(trips, kMillisecond) == Approx(16 * kMillisecond));
}
