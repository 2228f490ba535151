#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace sonde::http_download {

enum class State { idle, loaded };
enum class Kind { tcp, tls, http, loaded_connection };

// The distribution of round trips, in ns. Percentiles by nearest rank: each is one that was seen.
struct Distribution {
    std::size_t count = 0;
    std::int64_t minimum = 0;
    std::int64_t median = 0;
    std::int64_t p90 = 0;
    std::int64_t p99 = 0;
    std::int64_t maximum = 0;
    double mean = 0;
    double trimmed_mean = 0; // of the lower 95 %
};

// Nothing of nothing.
std::optional<Distribution> distribution_of(std::vector<std::int64_t> samples);

// All round trips of a run, by where they were made and when.
class RoundTrips {
public:
    void add(State state, Kind kind, std::int64_t ns) { at(state, kind).push_back(ns); }
    const std::vector<std::int64_t> &of(State state, Kind kind) const
    {
        return samples_[static_cast<int>(state)][static_cast<int>(kind)];
    }
    std::optional<std::int64_t> least() const;

    // A probe that was begun has ended, or was given up. Only where its time counts.
    void add_probe(State state, bool well)
    {
        ++probes_[static_cast<int>(state)];
        failed_[static_cast<int>(state)] += well ? 0 : 1;
    }
    std::uint64_t failed(State state) const { return failed_[static_cast<int>(state)]; }
    bool mostly_well(State state) const
    {
        return failed_[static_cast<int>(state)] * 20 <= probes_[static_cast<int>(state)];
    }

private:
    std::vector<std::int64_t> &at(State state, Kind kind)
    {
        return samples_[static_cast<int>(state)][static_cast<int>(kind)];
    }

    std::vector<std::int64_t> samples_[2][4];
    std::uint64_t probes_[2] = {}, failed_[2] = {};
};

/*
 * Round trips per minute, as in draft-ietf-ippm-responsiveness: a minute over the mean of what a new connection's steps
 * take (TCP, TLS where there is any, HTTP) and, under load, what a round trip takes on the connections that carry the
 * load, both halves weighing the same. Each from its trimmed mean. Nothing where one of them was not seen, where under
 * load over a twentieth of the probes did not come to their end, so that the slow ones would be missing, or where
 * `grain`, by which round trips on the loaded connections may be wrong, is over a tenth of it.
 */
std::optional<double> round_trips_per_minute(const RoundTrips &trips, State state, bool tls, std::int64_t grain);

// The mean round trip under load, for a receiver whose kernel tells it in steps of `grain` ns: what it tells where that
// is within a tenth, else the mean of separate connections' TCP round trips; nothing where there are none.
std::optional<double> loaded_round_trip(const RoundTrips &trips, std::int64_t grain);

} // namespace sonde::http_download
