#include "allowance.hpp"

#include "model/date_time.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace sonde::agent {

namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

std::uint64_t minus(std::uint64_t from, std::uint64_t what)
{
    return from - std::min(from, what);
}

std::string bytes_text(std::uint64_t bytes)
{
    return bytes == 1 ? "1 byte" : std::to_string(bytes) + " bytes";
}

// One of the two limits that begin anew.
struct Span {
    const char *name;
    std::optional<std::uint64_t> limit;
    std::uint64_t used;
    std::chrono::sys_days next;

    std::optional<std::string> refusal(std::optional<std::uint64_t> declared, std::uint64_t promised) const
    {
        if (!limit)
            return std::nullopt;
        const std::uint64_t left = minus(minus(*limit, used), promised);
        if (left >= declared.value_or(1))
            return std::nullopt;
        if (declared > *limit)
            return "this may need " + bytes_text(*declared) + ", more than the data budget of a " + name + ", " +
                   bytes_text(*limit);
        return "the data budget has " + std::to_string(left) + " of the " + name + "'s " + bytes_text(*limit) +
               " left" + (declared ? ", and this may need " + std::to_string(*declared) : "") +
               "; there is more from " + model::format_date_time(next);
    }

    std::optional<std::string> exceeded() const
    {
        if (!limit || used <= *limit)
            return std::nullopt;
        return std::string("stopped at the data budget of the ") + name + ": " + bytes_text(*limit);
    }
};

Span day_of(const model::DataBudget &budget, const Allowance::Used &used, WallTime now)
{
    const auto today = std::chrono::floor<std::chrono::days>(now);
    return {"day", budget.bytes_per_day, used.today, today + std::chrono::days(1)};
}

Span month_of(const model::DataBudget &budget, const Allowance::Used &used, WallTime now)
{
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    return {"month", budget.bytes_per_month, used.this_month,
            std::chrono::sys_days((today.year() / today.month() + std::chrono::months(1)) / 1)};
}

} // namespace

void Allowance::set(const model::DataBudget &budget, MonotonicTime now)
{
    const bool goes_on =
        budget.rate_bytes_per_second == budget_.rate_bytes_per_second && budget.burst_bytes == budget_.burst_bytes;
    budget_ = budget;
    if (!goes_on) {
        level_ = static_cast<double>(budget.burst_bytes.value_or(0));
        filled_ = now;
    }
}

double Allowance::level(MonotonicTime now) const
{
    const std::chrono::duration<double> since = now - filled_;
    return std::min(static_cast<double>(budget_.burst_bytes.value_or(0)),
                    level_ + since.count() * static_cast<double>(budget_.rate_bytes_per_second.value_or(0)));
}

void Allowance::spend(std::uint64_t bytes, MonotonicTime now)
{
    level_ = level(now) - static_cast<double>(bytes);
    filled_ = now;
}

std::optional<std::string> Allowance::bucket_refusal(std::optional<std::uint64_t> declared, std::uint64_t promised,
                                                     MonotonicTime now) const
{
    if (!budget_.rate_bytes_per_second || !budget_.burst_bytes)
        return std::nullopt;
    if (declared > *budget_.burst_bytes)
        return "this may need " + bytes_text(*declared) + ", more than the data budget has at once, " +
               bytes_text(*budget_.burst_bytes);
    const double there = level(now) - static_cast<double>(promised);
    const double missing = static_cast<double>(declared.value_or(1)) - there;
    if (missing <= 0)
        return std::nullopt;
    const auto wait = std::ceil(missing / static_cast<double>(*budget_.rate_bytes_per_second));
    return "the data budget has " + std::to_string(static_cast<std::uint64_t>(std::max(there, 0.0))) + " of " +
           bytes_text(*budget_.burst_bytes) + " at the moment" +
           (declared ? ", and this may need " + std::to_string(*declared) : "") + "; there is enough in " +
           std::to_string(static_cast<std::uint64_t>(std::min(wait, 1e15))) + " s";
}

std::optional<std::string> Allowance::refusal(std::optional<std::uint64_t> declared, const Used &used, Now now) const
{
    if (declared == 0U)
        return std::nullopt;
    for (const Span &span : {month_of(budget_, used, now.wall), day_of(budget_, used, now.wall)}) {
        if (auto refused = span.refusal(declared, used.promised))
            return refused;
    }
    return bucket_refusal(declared, used.promised, now.monotonic);
}

std::optional<std::string> Allowance::exceeded(const Used &used, MonotonicTime now) const
{
    for (const Span &span : {month_of(budget_, used, {}), day_of(budget_, used, {})}) {
        if (auto stop = span.exceeded())
            return stop;
    }
    if (budget_.rate_bytes_per_second && budget_.burst_bytes && level(now) < 0)
        return "stopped at the data budget's rate: " + bytes_text(*budget_.rate_bytes_per_second) + " a second, " +
               bytes_text(*budget_.burst_bytes) + " at once";
    return std::nullopt;
}

std::uint64_t Allowance::left(const Used &used) const
{
    return std::min(minus(minus(bytes_per_day(), used.today), used.promised),
                    minus(minus(budget_.bytes_per_month.value_or(kNoLimit), used.this_month), used.promised));
}

std::uint64_t Allowance::bytes_per_day() const
{
    return budget_.bytes_per_day.value_or(kNoLimit);
}

} // namespace sonde::agent
