#include "round_trips.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sonde::http_download {
namespace {

double mean_of_first(const std::vector<std::int64_t> &sorted, std::size_t count)
{
    return std::accumulate(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count), 0.0) /
           static_cast<double>(count);
}

std::int64_t nearest_rank(const std::vector<std::int64_t> &sorted, double share)
{
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

} // namespace

std::optional<Distribution> distribution_of(std::vector<std::int64_t> samples)
{
    if (samples.empty())
        return std::nullopt;
    std::sort(samples.begin(), samples.end());
    Distribution all;
    all.count = samples.size();
    all.minimum = samples.front();
    all.median = nearest_rank(samples, 0.5);
    all.p90 = nearest_rank(samples, 0.9);
    all.p99 = nearest_rank(samples, 0.99);
    all.maximum = samples.back();
    all.mean = mean_of_first(samples, samples.size());
    all.trimmed_mean = mean_of_first(samples, std::max<std::size_t>(samples.size() * 95 / 100, 1));
    return all;
}

std::optional<std::int64_t> RoundTrips::least() const
{
    std::optional<std::int64_t> least;
    for (const auto &kinds : samples_)
        for (const std::int64_t ns : kinds[static_cast<int>(Kind::tcp)])
            least = least ? std::min(*least, ns) : ns;
    return least;
}

std::optional<double> round_trips_per_minute(const RoundTrips &trips, State state, bool tls, std::int64_t grain)
{
    if (state == State::loaded && !trips.mostly_well(state))
        return std::nullopt;
    std::vector<Kind> kinds = {Kind::tcp, Kind::http};
    if (tls)
        kinds.push_back(Kind::tls);
    double separate = 0;
    for (const Kind kind : kinds) {
        const auto all = distribution_of(trips.of(state, kind));
        if (!all)
            return std::nullopt;
        separate += all->trimmed_mean / static_cast<double>(kinds.size());
    }
    double round_trip = separate;
    if (state == State::loaded) {
        const auto own = distribution_of(trips.of(state, Kind::loaded_connection));
        if (!own || static_cast<double>(grain) * 10 > separate + own->trimmed_mean)
            return std::nullopt;
        round_trip = (separate + own->trimmed_mean) / 2;
    }
    return round_trip > 0 ? std::optional(60e9 / round_trip) : std::nullopt;
}

std::optional<double> loaded_round_trip(const RoundTrips &trips, std::int64_t grain)
{
    const auto told = distribution_of(trips.of(State::loaded, Kind::loaded_connection));
    if (told && told->mean >= static_cast<double>(grain) * 10)
        return told->mean;
    const auto separate = distribution_of(trips.of(State::loaded, Kind::tcp));
    return separate ? std::optional(separate->mean) : std::nullopt;
}

} // namespace sonde::http_download
