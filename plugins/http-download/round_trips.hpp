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

private:
    std::vector<std::int64_t> &at(State state, Kind kind)
    {
        return samples_[static_cast<int>(state)][static_cast<int>(kind)];
    }

    std::vector<std::int64_t> samples_[2][4];
};

/*
 * Round trips per minute, as in draft-ietf-ippm-responsiveness: a minute over the mean of what a new connection's steps
 * take (TCP, TLS where there is any, HTTP) and, under load, what a round trip takes on the connections that carry the
 * load, both halves weighing the same. Each from its trimmed mean. Nothing where one of them was not seen.
 */
std::optional<double> round_trips_per_minute(const RoundTrips &trips, State state, bool tls);

} // namespace sonde::http_download
