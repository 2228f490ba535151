#include "allowance.hpp"

namespace sonde::agent {

namespace {

constexpr const char *kWhose = "the data budget";

} // namespace

std::vector<policy::ByteLimit> spans_of(const model::DataBudget &budget, const Usage &used, WallTime now)
{
    std::vector<policy::ByteLimit> limits;
    if (budget.bytes_per_month)
        limits.push_back(policy::limit_of_month(kWhose, *budget.bytes_per_month, used.this_month, now));
    if (budget.bytes_per_day)
        limits.push_back(policy::limit_of_day(kWhose, *budget.bytes_per_day, used.today, now));
    return limits;
}

std::vector<policy::ByteLimit> limits_of(const model::DataBudget &budget, const Usage &used, WallTime now)
{
    std::vector<policy::ByteLimit> limits = spans_of(budget, used, now);
    if (budget.rate_bytes_per_second && budget.burst_bytes)
        limits.push_back({kWhose, "", *budget.burst_bytes, used.of_burst, {}, *budget.rate_bytes_per_second});
    return limits;
}

} // namespace sonde::agent
