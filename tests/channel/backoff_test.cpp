#include "channel/backoff.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <random>

using namespace sonde;
using namespace sonde::channel;
using namespace std::chrono_literals;

TEST_CASE("the longest wait doubles with each failure up to the cap, and begins anew after a success")
{
    Backoff backoff(1s, 60s);
    const Random most = [] { return 0.9999999999; };
    for (const auto expected : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s})
        CHECK(backoff.next(most) == expected);
    for (int i = 0; i < 200; ++i)
        CHECK(backoff.next(most) == 60s);
    backoff.reset();
    CHECK(backoff.next(most) == 1s);
}

TEST_CASE("waits are spread over the whole range, so that a fleet does not come back together")
{
    std::mt19937_64 engine(1);
    std::uniform_real_distribution<double> uniform;
    const Random random = [&] { return uniform(engine); };
    std::vector<std::int64_t> waits;
    for (int agent = 0; agent < 10'000; ++agent) {
        Backoff backoff(1s, 60s);
        backoff.next(random);
        backoff.next(random);
        waits.push_back(backoff.next(random).count());
    }
    std::sort(waits.begin(), waits.end());
    CHECK(waits.front() >= 0);
    CHECK(waits.back() <= 4000);
    CHECK(waits[5000] == Approx(2000).margin(100));
    CHECK(waits[1000] == Approx(400).margin(100));
}

TEST_CASE("what the server asks to wait is waited on top of the jitter")
{
    Backoff backoff(1s, 10s);
    CHECK(backoff.next([] { return 0.0; }, 120s) == 120s);
    CHECK(backoff.next([] { return 0.5; }, 120s) > 120s);
}

TEST_CASE("Retry-After is read as seconds or as a date, and bounded")
{
    const WallTime now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h;
    const auto after = [&](const char *value) {
        Response response;
        response.headers.add("Retry-After", value);
        return retry_after(response, now);
    };
    CHECK(after("120") == 120s);
    CHECK(after("0") == 0s);
    CHECK(after("99999999999999999999") == 24h);
    CHECK(after("Tue, 24 Nov 2026 12:01:00 GMT") == 60s);
    CHECK(after("Tue, 24 Nov 2026 11:00:00 GMT") == 0s);
    CHECK_FALSE(after("-1"));
    CHECK_FALSE(after("soon"));
    CHECK_FALSE(after(""));
    CHECK_FALSE(retry_after({}, now));
}

TEST_CASE("a status refuses the document, or its sender and place, or asks for another try")
{
    for (const int status : {200, 201, 204, 304})
        CHECK(verdict(status) == Verdict::accepted);
    for (const int status : {400, 413, 422})
        CHECK(verdict(status) == Verdict::refused);
    for (const int status : {301, 401, 403, 404, 405, 409, 415, 431})
        CHECK(verdict(status) == Verdict::misplaced);
    for (const int status : {408, 429, 500, 502, 503, 504})
        CHECK(verdict(status) == Verdict::transient);
}

TEST_CASE("what a person has to mend is tried slowly, what passes by itself soon")
{
    Retry retry({1s, 60s, 100s, 900s});
    const Random most = [] { return 0.9999999999; };
    CHECK(retry.after(Verdict::transient, most) == 1s);
    for (const auto expected : {100s, 200s, 400s, 800s, 900s, 900s})
        CHECK(retry.after(Verdict::misplaced, most) == expected);
    CHECK(retry.after(Verdict::transient, most, 10s) == 12s);
    retry.reset();
    CHECK(retry.after(Verdict::misplaced, most) == 100s);
    CHECK(retry.after(Verdict::transient, most) == 1s);
}

TEST_CASE("waits after what passes by itself get another cap while they grow, and those for a person keep theirs")
{
    Retry retry({1s, 300s, 60s, 900s});
    const Random most = [] { return 0.9999999999; };
    for (const auto expected : {1s, 2s, 4s, 8s})
        CHECK(retry.after(Verdict::transient, most) == expected);
    retry.soon_within(5s);
    CHECK(retry.after(Verdict::transient, most) == 5s);
    CHECK(retry.after(Verdict::misplaced, most) == 60s);
    retry.soon_within(300s);
    CHECK(retry.after(Verdict::transient, most) == 32s);
}
