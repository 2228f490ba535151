#include "tally.hpp"

#include "support/catch.hpp"

using namespace sonde::dns;

TEST_CASE("a server that was asked nothing has no figures, not zeros")
{
    const Tally tally;
    CHECK(tally.sent() == 0);
    CHECK_FALSE(tally.loss());
    CHECK_FALSE(tally.times().minimum());
    CHECK_FALSE(tally.times().median());
    CHECK_FALSE(tally.times().percentile(95));
    CHECK_FALSE(tally.times().maximum());
}

TEST_CASE("the median of an even number is the mean of the middle two, percentiles are nearest ranks")
{
    Tally tally;
    for (const std::int64_t ns : {40, 10, 30, 20})
        tally.add(Outcome::answer, ns);
    CHECK(tally.times().median() == 25);
    CHECK(tally.times().minimum() == 10);
    CHECK(tally.times().maximum() == 40);
    CHECK(tally.times().percentile(50) == 20);
    CHECK(tally.times().percentile(51) == 30);
    CHECK(tally.times().percentile(95) == 40);
    tally.add(Outcome::truncated, 50);
    CHECK(tally.times().median() == 30);
}

TEST_CASE("loss is what brought no answer in time, over what the network decided")
{
    Tally tally;
    tally.add(Outcome::answer, 10);
    tally.add(Outcome::timeout, std::nullopt);
    tally.add(Outcome::late, 900);
    tally.add(Outcome::icmp_error, std::nullopt);
    tally.add(Outcome::cancelled, std::nullopt);
    tally.add(Outcome::unsent, std::nullopt);
    tally.add(Outcome::mismatch, std::nullopt);
    tally.add(Outcome::second_answer, 20);
    CHECK(tally.sent() == 5);
    CHECK(tally.loss() == 0.75);
    CHECK(tally.answered() == 1);
    tally.add(Outcome::malformed, 30); // it came
    tally.add(Outcome::dropped_here, std::nullopt);
    tally.add(Outcome::connect_refused, std::nullopt);
    CHECK(tally.loss() == 0.6);
}

TEST_CASE("where connections failed, and nothing else, loss is unknown")
{
    Tally tally;
    tally.add(Outcome::connect_refused, std::nullopt);
    tally.add(Outcome::tls_failed, std::nullopt);
    CHECK_FALSE(tally.loss());
    CHECK(tally.sent() == 2);
}

TEST_CASE("an answer without a response time counts as one and spoils no figure")
{
    Tally tally;
    tally.add(Outcome::answer, std::nullopt);
    CHECK(tally.answered() == 1);
    CHECK_FALSE(tally.times().median());
    tally.add(Outcome::answer, 7);
    CHECK(tally.times().median() == 7);
    tally.add(Outcome::late, 900);
    CHECK(tally.times().maximum() == 7);
}
