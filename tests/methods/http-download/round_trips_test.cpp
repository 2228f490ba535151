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
    CHECK(round_trips_per_minute(trips, State::idle, true) == Approx(3000));
    CHECK_FALSE(round_trips_per_minute(trips, State::loaded, true));
    add_all(trips, State::loaded, 100 * kMillisecond);
    CHECK_FALSE(round_trips_per_minute(trips, State::loaded, true));
    trips.add(State::loaded, Kind::loaded_connection, 300 * kMillisecond);
    CHECK(round_trips_per_minute(trips, State::loaded, true) == Approx(300));
}

TEST_CASE("without TLS its round trips are not missed, with TLS they are")
{
    RoundTrips trips;
    trips.add(State::idle, Kind::tcp, 10 * kMillisecond);
    trips.add(State::idle, Kind::http, 30 * kMillisecond);
    CHECK(round_trips_per_minute(trips, State::idle, false) == Approx(3000));
    CHECK_FALSE(round_trips_per_minute(trips, State::idle, true));
    CHECK(trips.least() == 10 * kMillisecond);
}
