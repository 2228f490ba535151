#include "channel/backoff.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

namespace sonde::channel {

namespace {

// The preferred form of RFC 9110 section 5.6.7; the two obsolete ones are not worth their code here.
std::optional<WallTime> parse_http_date(const std::string &text)
{
    std::tm parts{};
    const char *end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    if (end == nullptr || *end != '\0')
        return std::nullopt;
    return std::chrono::system_clock::from_time_t(timegm(&parts));
}

} // namespace

std::chrono::milliseconds Backoff::next(const Random &random, std::optional<std::chrono::seconds> retry_after)
{
    // Saturates long before the shift could overflow: 2^30 times any base of a millisecond or more is over 12 days.
    const auto factor = std::int64_t{1} << std::min(failures_, 30U);
    const auto longest =
        base_.count() > cap_.count() / factor ? cap_ : std::chrono::milliseconds{base_.count() * factor};
    ++failures_;
    const auto jitter =
        std::chrono::milliseconds{static_cast<std::int64_t>(random() * static_cast<double>(longest.count() + 1))};
    return std::min(jitter, longest) + retry_after.value_or(std::chrono::seconds{0});
}

std::optional<std::chrono::seconds> retry_after(const Response &response, WallTime now)
{
    static constexpr std::chrono::seconds kLongest = std::chrono::days{1};
    const auto field = response.headers.get("Retry-After");
    if (!field || field->empty())
        return std::nullopt;
    if (std::all_of(field->begin(), field->end(), [](char c) { return c >= '0' && c <= '9'; })) {
        std::int64_t seconds = 0;
        const auto [end, error] = std::from_chars(field->data(), field->data() + field->size(), seconds);
        if (error != std::errc{})
            return kLongest;
        return std::min(std::chrono::seconds{seconds}, kLongest);
    }
    const auto date = parse_http_date(std::string(*field));
    if (!date)
        return std::nullopt;
    return std::clamp(std::chrono::ceil<std::chrono::seconds>(*date - now), std::chrono::seconds{0}, kLongest);
}

Verdict verdict(int status)
{
    if ((status >= 200 && status < 300) || status == 304)
        return Verdict::accepted;
    if (status >= 500 || status == 408 || status == 429)
        return Verdict::transient;
    return status == 400 || status == 413 || status == 422 ? Verdict::refused : Verdict::misplaced;
}

std::chrono::milliseconds Retry::after(Verdict failure, const Random &random,
                                       std::optional<std::chrono::seconds> retry_after)
{
    return (failure == Verdict::misplaced ? slowly_ : soon_).next(random, retry_after);
}

void Retry::reset()
{
    soon_.reset();
    slowly_.reset();
}

} // namespace sonde::channel
