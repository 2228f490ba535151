#include "hops/hops.hpp"

#include "support/catch.hpp"

using namespace sonde::hops;

TEST_CASE("the first routers on the way out have names, and nothing else has them")
{
    CHECK(parse_hop("hop-1.path.invalid") == 1U);
    CHECK(parse_hop("HOP-4.Path.Invalid.") == 4U);
    for (const char *other :
         {"", "hop-0.path.invalid", "hop-5.path.invalid", "hop-12.path.invalid", "hop-.path.invalid",
          "hop-1.path.invalid..", "hop-1.path.example", "xhop-1.path.invalid", "hop-1path.invalid"}) {
        INFO(other);
        CHECK_FALSE(parse_hop(other));
    }
}
