#include "base/result.hpp"

#include "support/catch.hpp"

using namespace sonde;

TEST_CASE("an error reads as where, what and hint, and leaves out what is empty")
{
    CHECK(to_string(Error{"f.json:3", "no event 'y'", "events here: x"}) == "f.json:3: no event 'y' (events here: x)");
    CHECK(to_string(Error{"", "refused", ""}) == "refused");
    CHECK(to_string(Error{"f.json", "", ""}) == "f.json");
}

TEST_CASE("asking an error for its value throws the error's text")
{
    const Result<int> failed = Error{"x", "broken", ""};
    REQUIRE_FALSE(failed);
    CHECK_THROWS_WITH(failed.value(), "x: broken");
    CHECK(Result<int>(3).value() == 3);
}

TEST_CASE("a result of a string takes a string for its value")
{
    const std::string text = "x";
    const Result<std::string> result = text;
    CHECK(*result == "x");
}
