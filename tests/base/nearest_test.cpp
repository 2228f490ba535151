#include "base/nearest.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace sonde;

TEST_CASE("a slip of the fingers finds the word that was meant")
{
    const std::vector<std::string> words = {"count", "interval", "size", "target"};
    CHECK(nearest("cuont", words) == "count");
    CHECK(nearest("intervall", words) == "interval");
    CHECK(nearest("sise", words) == "size");
    CHECK_FALSE(nearest("dscp", words));
    CHECK_FALSE(nearest("", words));
    CHECK_FALSE(nearest(std::string(10'000, 'c'), words));
}
