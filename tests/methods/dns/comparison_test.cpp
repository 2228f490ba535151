#include "comparison.hpp"

#include "support/catch.hpp"

using namespace sonde::dns;

TEST_CASE("servers that say the same agree, in whatever order and however often")
{
    Comparison comparison;
    for (const std::size_t server : {2u, 0u, 2u}) {
        comparison.add(server, "NOERROR; A 192.0.2.1");
        comparison.add(server, "NOERROR; A 192.0.2.2");
    }
    const auto opinions = comparison.opinions();
    REQUIRE(opinions.size() == 2);
    CHECK(opinions[0].server == 0);
    CHECK(opinions[1].server == 2);
    for (const Opinion &opinion : opinions) {
        CHECK(opinion.group == 1);
        CHECK(opinion.agreeing == 2);
        CHECK_FALSE(opinion.differs);
        CHECK(opinion.content == "NOERROR; A 192.0.2.1 | NOERROR; A 192.0.2.2");
    }
}

TEST_CASE("one that says something else stands apart from the rest")
{
    Comparison comparison;
    comparison.add(0, "NXDOMAIN");
    comparison.add(1, "NOERROR; A 192.0.2.1");
    comparison.add(2, "NOERROR; A 192.0.2.1");
    const auto opinions = comparison.opinions();
    CHECK(opinions[0].group == 2);
    CHECK(opinions[0].agreeing == 1);
    CHECK(opinions[1].group == 1);
    CHECK(opinions[1].agreeing == 2);
    for (const Opinion &opinion : opinions)
        CHECK(opinion.differs);
}

TEST_CASE("nothing said is nothing to compare")
{
    CHECK(Comparison().opinions().empty());
}

TEST_CASE("answers without end and of any length are compared and kept in bounds")
{
    Comparison comparison;
    for (int i = 0; i < 1000; ++i)
        comparison.add(0, std::string(3000, 'x') + std::to_string(i));
    comparison.add(1, std::string(3000, 'x') + "0");
    comparison.add(2, std::string(3000, 'x') + "0");
    const auto opinions = comparison.opinions();
    REQUIRE(opinions.size() == 3);
    for (const Opinion &opinion : opinions) {
        CHECK(opinion.content.size() < 8100);
        CHECK(opinion.differs);
    }
    CHECK(opinions[0].group == 2);
    CHECK(opinions[1].group == opinions[2].group);
    Comparison tails;
    tails.add(0, std::string(3000, 'x') + "0");
    tails.add(1, std::string(3000, 'x') + "1");
    CHECK(tails.opinions()[0].differs);
}
