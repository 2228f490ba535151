#include "bucket.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace sonde::agent {

namespace {

using Seconds = std::chrono::duration<double>;

// Doubles hold no more of them, and the spool's integers no more bytes.
constexpr double kMost = 9e18;

} // namespace

void Bucket::set(std::optional<std::uint64_t> rate, std::optional<std::uint64_t> burst, Now now)
{
    if (rate == rate_ && burst == burst_)
        return;
    rate_ = rate;
    burst_ = burst;
    filled_ = now.monotonic;
    const auto most = static_cast<double>(burst.value_or(0));
    level_ = most;
    const auto before = std::exchange(kept_, {});
    if (!before || before->rate != rate || before->burst != burst)
        return;
    // A clock that was set back fills nothing.
    const Seconds down = std::max(now.wall - before->at, std::chrono::nanoseconds(0));
    const double filled =
        std::min(most, static_cast<double>(before->level) + static_cast<double>(*rate) * down.count());
    // What was reserved may not have been spent; but no run goes on when nothing is left.
    level_ = std::max(filled - static_cast<double>(before->reserved), std::min(filled, 0.0));
}

std::optional<spool::Bucket> Bucket::kept(std::uint64_t reserved, Now now) const
{
    if (!rate_ || !burst_)
        return std::nullopt;
    const double level = std::clamp(std::floor(this->level(now.monotonic)), -kMost, kMost);
    return spool::Bucket{*rate_, *burst_, static_cast<std::int64_t>(level), reserved, now.wall};
}

double Bucket::level(MonotonicTime now) const
{
    if (!rate_ || !burst_)
        return 0;
    const Seconds passed = now - filled_;
    return std::min(static_cast<double>(*burst_), level_ + static_cast<double>(*rate_) * passed.count());
}

void Bucket::spend(std::uint64_t bytes, MonotonicTime now)
{
    level_ = level(now) - static_cast<double>(bytes);
    filled_ = now;
}

std::uint64_t Bucket::used(MonotonicTime now) const
{
    const double lacks = static_cast<double>(burst_.value_or(0)) - level(now);
    return static_cast<std::uint64_t>(std::clamp(std::ceil(lacks), 0.0, kMost));
}

} // namespace sonde::agent
