#include "syn_memory.hpp"

#include "support/catch.hpp"

#include <map>
#include <random>

using namespace sonde::passive_syn;
using Told = SynMemory::Told;

namespace {
constexpr std::int64_t kSecond = 1'000'000'000;
}

TEST_CASE("a SYN that is seen again within a minute is a repetition")
{
    SynMemory memory(100, 0);
    CHECK(memory.see(5, 0, kSecond) == Told::first);
    CHECK(memory.see(6, 0, kSecond) == Told::first);
    for (const std::int64_t second : {1, 3, 7, 15, 31, 63})
        CHECK(memory.see(5, second * kSecond, 64 * kSecond) == Told::repeated);
    // Remembered from when it was last seen, not first.
    CHECK(memory.see(5, 120 * kSecond, 200 * kSecond) == Told::repeated);
    CHECK(memory.see(6, 300 * kSecond, 400 * kSecond) == Told::first);
}

TEST_CASE("a fingerprint of 0 is one like any other")
{
    SynMemory memory(100, 0);
    CHECK(memory.see(0, 0, 1) == Told::first);
    CHECK(memory.see(0, 0, 1) == Told::repeated);
    CHECK(memory.contains(0));
}

TEST_CASE("beyond its bound the memory tells nothing apart, until all is forgotten and begins anew")
{
    SynMemory memory(2, 0);
    CHECK(memory.see(1, 1, 10) == Told::first);
    CHECK(memory.see(2, 2, 10) == Told::first);
    CHECK(memory.see(1, 3, 10) == Told::repeated);
    CHECK(memory.see(3, 4, 10) == Told::unknown);
    CHECK(memory.see(1, 5, 10) == Told::unknown);
    CHECK_FALSE(memory.remembers(9));
    CHECK(memory.remembers(10));
    CHECK(memory.see(1, 10, 20) == Told::first);
    CHECK(memory.reach(15) == 5);
}

TEST_CASE("a memory of nothing tells nothing apart")
{
    SynMemory memory(0, 0);
    CHECK(memory.see(1, 1, 10) == Told::unknown);
    CHECK(memory.see(1, 20, 30) == Told::unknown);
    CHECK(memory.reach(100) == 0);
}

TEST_CASE("it reaches back to its beginning, and at most its minute")
{
    SynMemory memory(10, 5 * kSecond);
    CHECK(memory.reach(3 * kSecond) == 0);
    CHECK(memory.reach(6 * kSecond) == kSecond);
    CHECK(memory.reach(500 * kSecond) == SynMemory::kReach);
}

TEST_CASE("it tells the same as a list of all SYNs, but for what was last seen one to two minutes ago")
{
    SynMemory memory(1000, 0);
    std::map<std::uint64_t, std::int64_t> last;
    std::mt19937_64 random(11);
    std::int64_t time = 0;
    int repeated = 0;
    for (int i = 0; i < 200000; ++i) {
        time += static_cast<std::int64_t>(random() % (kSecond / 2));
        const std::uint64_t fingerprint = random() % 400 * 0x9e3779b97f4a7c15u;
        const Told told = memory.see(fingerprint, time, time);
        const auto before = last.find(fingerprint);
        const std::int64_t ago = before == last.end() ? 1000 * kSecond : time - before->second;
        if (ago < SynMemory::kReach)
            REQUIRE(told == Told::repeated);
        if (ago > 2 * SynMemory::kReach)
            REQUIRE(told == Told::first);
        repeated += told == Told::repeated;
        last[fingerprint] = time;
    }
    CHECK(repeated > 1000);
}
