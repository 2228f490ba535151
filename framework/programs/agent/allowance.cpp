#include "allowance.hpp"

#include <chrono>

namespace sonde::agent {

namespace {

constexpr const char *kWhose = "the data budget";

} // namespace

std::vector<policy::ByteLimit> limits_of(const model::DataBudget &budget, const Usage &used, WallTime now)
{
    const auto today = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(today);
    const std::chrono::sys_days next_month((date.year() / date.month() + std::chrono::months(1)) / 1);
    std::vector<policy::ByteLimit> limits;
    if (budget.bytes_per_month)
        limits.push_back({kWhose, "month", *budget.bytes_per_month, used.this_month, next_month, 0});
    if (budget.bytes_per_day)
        limits.push_back({kWhose, "day", *budget.bytes_per_day, used.today, today + std::chrono::days(1), 0});
    if (budget.rate_bytes_per_second && budget.burst_bytes)
        limits.push_back({kWhose, "", *budget.burst_bytes, used.of_burst, {}, *budget.rate_bytes_per_second});
    return limits;
}

} // namespace sonde::agent
