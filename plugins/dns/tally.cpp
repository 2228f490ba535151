#include "tally.hpp"

#include <algorithm>

namespace sonde::dns {

void Tally::add(Outcome outcome, std::optional<std::int64_t> response_time)
{
    ++counts_[static_cast<std::size_t>(outcome)];
    if (response_time && (outcome == Outcome::answer || outcome == Outcome::truncated))
        times_.add(*response_time);
}

void Tally::add_phases(std::optional<std::int64_t> connect, std::optional<std::int64_t> tls)
{
    if (connect)
        connects_.add(*connect);
    if (tls)
        handshakes_.add(*tls);
}

std::uint64_t Tally::sent() const
{
    return answered() + count(Outcome::timeout) + count(Outcome::late) + count(Outcome::icmp_error) +
           count(Outcome::malformed) + count(Outcome::cancelled) + count(Outcome::dropped_here) + failed();
}

std::uint64_t Tally::failed() const
{
    return count(Outcome::connect_refused) + count(Outcome::connect_failed) + count(Outcome::tls_failed) +
           count(Outcome::certificate_rejected) + count(Outcome::connection_lost) + count(Outcome::http_failed);
}

std::optional<double> Tally::loss() const
{
    const std::uint64_t lost = count(Outcome::timeout) + count(Outcome::late) + count(Outcome::icmp_error);
    const std::uint64_t decided = lost + answered() + count(Outcome::malformed);
    if (decided == 0)
        return std::nullopt;
    return static_cast<double>(lost) / static_cast<double>(decided);
}

// The choice is of all that came so far, each as likely (Vitter's algorithm R).
void Times::add(std::int64_t time)
{
    ++count_;
    least_ = std::min(least_, time);
    most_ = std::max(most_, time);
    if (times_.size() < kKept) {
        times_.push_back(time);
    } else {
        const auto place = std::uniform_int_distribution<std::uint64_t>(0, count_ - 1)(choice_);
        if (place >= kKept)
            return;
        times_[place] = time;
    }
    sorted_ = false;
}

const std::vector<std::int64_t> &Times::sorted() const
{
    if (!sorted_)
        std::sort(times_.begin(), times_.end());
    sorted_ = true;
    return times_;
}

std::optional<std::int64_t> Times::percentile(int percent) const
{
    const auto &times = sorted();
    if (times.empty())
        return std::nullopt;
    const std::size_t rank = (times.size() * static_cast<std::size_t>(percent) + 99) / 100;
    return times[std::max<std::size_t>(rank, 1) - 1];
}

std::optional<std::int64_t> Times::median() const
{
    const auto &times = sorted();
    if (times.empty())
        return std::nullopt;
    const std::size_t middle = times.size() / 2;
    if (times.size() % 2 == 1)
        return times[middle];
    return times[middle - 1] + (times[middle] - times[middle - 1]) / 2;
}

} // namespace sonde::dns
