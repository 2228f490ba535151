#include "programs/agent/allowance.hpp"
#include "programs/agent/bucket.hpp"

#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::agent;
using namespace std::chrono_literals;

namespace {

const Now kNoon{std::chrono::sys_days{std::chrono::year{2026} / 12 / 30} + 12h, MonotonicTime(1000s)};

Now later(std::chrono::seconds time)
{
    return {kNoon.wall + time, kNoon.monotonic + time};
}

// Of 1000 bytes, 10 a second.
Bucket bucket_of(std::optional<spool::Bucket> kept = {}, Now at = kNoon)
{
    Bucket bucket;
    bucket.restore(kept);
    bucket.set(10, 1000, at);
    return bucket;
}

} // namespace

TEST_CASE("a data budget has a limit for each of its leafs, and each says when there is more [A7]")
{
    CHECK(limits_of({}, {1, 2, 3}, kNoon.wall).empty());
    const auto limits = limits_of({1000, 5000, 10, 300}, {850, 4900, 20}, kNoon.wall);
    REQUIRE(limits.size() == 3);
    std::string reasons;
    for (const policy::ByteLimit &limit : limits)
        reasons += *policy::refusal(limit, 290, 0) + '\n';
    CHECK(reasons ==
          "the data budget has 100 of the month's 5000 bytes left, and this may need 290; there is more from "
          "2027-01-01T00:00:00Z\n"
          "the data budget has 150 of the day's 1000 bytes left, and this may need 290; there is more from "
          "2026-12-31T00:00:00Z\n"
          "the data budget has 280 of 300 bytes at the moment, and this may need 290; there is enough in 1 s\n");
}

TEST_CASE("a token bucket lets the burst go at once and the rate on average [A7]")
{
    Bucket bucket = bucket_of();
    CHECK(bucket.used(kNoon.monotonic) == 0);
    bucket.spend(900, kNoon.monotonic);
    CHECK(bucket.used(kNoon.monotonic) == 900);
    CHECK(bucket.used(later(5s).monotonic) == 850);
    bucket.spend(200, kNoon.monotonic);
    CHECK(bucket.used(kNoon.monotonic) == 1100);
    CHECK(bucket.used(later(10s).monotonic) == 1000);
    CHECK(bucket.used(later(24h).monotonic) == 0); // never more than the burst
}

TEST_CASE("another instruction does not fill the bucket unless it is another bucket [A7]")
{
    Bucket bucket = bucket_of();
    bucket.spend(1000, kNoon.monotonic);
    bucket.set(10, 1000, kNoon);
    CHECK(bucket.used(kNoon.monotonic) == 1000);
    bucket.set(10, 2000, kNoon);
    CHECK(bucket.used(kNoon.monotonic) == 0);
    bucket.set({}, {}, kNoon);
    CHECK(bucket.used(kNoon.monotonic) == 0);
    CHECK_FALSE(bucket.kept(0, kNoon));
}

TEST_CASE("a bucket goes on over a restart, on the wall clock, and what was reserved counts as spent [A7]")
{
    Bucket before = bucket_of();
    before.spend(800, kNoon.monotonic);
    const auto kept = before.kept(0, kNoon);
    REQUIRE(kept);
    // Another process, whose monotonic clock has begun anew.
    const auto used_at = [&](std::optional<spool::Bucket> left, std::chrono::seconds down) {
        const Now at{kNoon.wall + down, MonotonicTime(5s)};
        return bucket_of(left, at).used(at.monotonic);
    };
    CHECK(used_at(kept, 0s) == 800);
    CHECK(used_at(kept, 30s) == 500);
    CHECK(used_at(kept, 24h) == 0);
    CHECK(used_at(kept, -24h) == 800); // a clock that was set back fills nothing
    CHECK(used_at(before.kept(150, kNoon), 30s) == 650);
    CHECK(used_at(before.kept(150, kNoon), 24h) == 150);
    CHECK(used_at(before.kept(1'000'000, kNoon), 0s) == 1000); // no run goes on when nothing is left
    before.spend(300, kNoon.monotonic);
    CHECK(used_at(before.kept(1'000'000, kNoon), 0s) == 1100);
    auto other = kept;
    other->burst = 500;
    CHECK(used_at(other, 0s) == 0);
    CHECK(used_at(std::nullopt, 0s) == 0);
}
