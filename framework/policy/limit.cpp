#include "policy/limit.hpp"

#include "model/date_time.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string_view>

namespace sonde::policy {

namespace {

std::uint64_t minus(std::uint64_t from, std::uint64_t what)
{
    return from - std::min(from, what);
}

std::string bytes_text(std::uint64_t bytes)
{
    return bytes == 1 ? "1 byte" : std::to_string(bytes) + " bytes";
}

bool is_bucket(const ByteLimit &limit)
{
    return std::string_view(limit.span).empty();
}

// "there is more from 2026-12-31T00:00:00Z"
std::string when_again(const ByteLimit &limit, std::uint64_t needed, std::uint64_t promised)
{
    if (!is_bucket(limit))
        return "there is more from " + model::format_date_time(limit.next);
    const double missing = static_cast<double>(needed) + static_cast<double>(limit.used) +
                           static_cast<double>(promised) - static_cast<double>(limit.bytes);
    const double wait = std::ceil(missing / static_cast<double>(std::max<std::uint64_t>(limit.bytes_per_second, 1)));
    return "there is enough in " + std::to_string(static_cast<std::uint64_t>(std::clamp(wait, 0.0, 1e15))) + " s";
}

} // namespace

ByteLimit limit_of_day(const char *whose, std::uint64_t bytes, std::uint64_t used, WallTime now)
{
    return {whose, "day", bytes, used, std::chrono::floor<std::chrono::days>(now) + std::chrono::days(1), 0};
}

ByteLimit limit_of_month(const char *whose, std::uint64_t bytes, std::uint64_t used, WallTime now)
{
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(now));
    const std::chrono::sys_days next((date.year() / date.month() + std::chrono::months(1)) / 1);
    return {whose, "month", bytes, used, next, 0};
}

std::uint64_t left(const ByteLimit &limit, std::uint64_t promised)
{
    return minus(minus(limit.bytes, limit.used), promised);
}

std::optional<std::string> refusal(const ByteLimit &limit, std::optional<std::uint64_t> declared,
                                   std::uint64_t promised)
{
    const std::uint64_t needed = declared.value_or(1);
    const std::uint64_t there = left(limit, promised);
    if (needed == 0 || needed <= there)
        return std::nullopt;
    if (declared > limit.bytes)
        return "this may need " + bytes_text(*declared) + ", more than " + limit.whose + " has " +
               (is_bucket(limit) ? std::string("at once") : std::string("in a ") + limit.span) + ", " +
               bytes_text(limit.bytes);
    const std::string of = is_bucket(limit)
                               ? " of " + bytes_text(limit.bytes) + " at the moment"
                               : std::string(" of the ") + limit.span + "'s " + bytes_text(limit.bytes) + " left";
    return std::string(limit.whose) + " has " + std::to_string(there) + of +
           (promised > 0 ? " beside what runs under way may use" : "") +
           (declared ? ", and this may need " + std::to_string(*declared) : "") + "; " +
           when_again(limit, needed, promised);
}

std::optional<std::string> exceeded(const ByteLimit &limit)
{
    if (limit.used <= limit.bytes)
        return std::nullopt;
    if (is_bucket(limit))
        return "stopped at the rate of " + std::string(limit.whose) + ": " + bytes_text(limit.bytes_per_second) +
               " a second, " + bytes_text(limit.bytes) + " at once";
    return std::string("stopped at the ") + limit.span + "'s limit of " + limit.whose + ": " + bytes_text(limit.bytes);
}

} // namespace sonde::policy
