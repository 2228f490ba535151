#include "line_size.hpp"

#include "support/catch.hpp"

using sonde::ping::line_bytes;

TEST_CASE("a message in one piece has one header")
{
    CHECK(line_bytes(4, 64, {}) == 84);
    CHECK(line_bytes(6, 64, {}) == 104);
}

TEST_CASE("each fragment has headers of its own, and all but the last carry eights of bytes")
{
    CHECK(line_bytes(4, 2960, 1500) == 2960 + 2 * 20);
    CHECK(line_bytes(4, 2961, 1500) == 2961 + 3 * 20);
    CHECK(line_bytes(4, 2961, 1501) == 2961 + 3 * 20); // 1481 is 1480
    CHECK(line_bytes(6, 2896, 1500) == 2896 + 2 * 48);
    CHECK(line_bytes(6, 2897, 1500) == 2897 + 3 * 48);
}

TEST_CASE("a nonsensical fragment size is none")
{
    CHECK(line_bytes(4, 2000, 27) == 2020);
}
