#include "base/log.hpp"

#include "support/catch.hpp"

using namespace sonde;

TEST_CASE("a plain value stands bare in the log, any other is quoted with control characters escaped")
{
    CHECK(quoted("127.0.0.1:80") == "127.0.0.1:80");
    CHECK(quoted("") == "\"\"");
    CHECK(quoted("two words") == "\"two words\"");
    CHECK(quoted("a\nlevel=error") == "\"a\\x0alevel=error\"");
    CHECK(quoted("say \"x\"") == "\"say \\\"x\\\"\"");
}

TEST_CASE("an unknown log level is refused with the known ones")
{
    const auto log = make_log("test", "loud");
    REQUIRE_FALSE(log);
    CHECK(log.error().hint == "error, warning, info or debug");
    CHECK(make_log("test", "debug"));
}
