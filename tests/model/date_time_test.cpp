#include "model/date_time.hpp"

#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::model;
using namespace std::chrono;

namespace {

WallTime at(std::int64_t seconds, std::int64_t ns = 0)
{
    return WallTime(std::chrono::seconds(seconds) + nanoseconds(ns));
}

} // namespace

TEST_CASE("a date and time is read in UTC, whatever its offset")
{
    CHECK(parse_date_time("1970-01-01T00:00:00Z").value() == at(0));
    CHECK(parse_date_time("2026-11-24T04:05:06Z").value() == at(1795493106));
    CHECK(parse_date_time("2026-11-24T05:05:06+01:00").value() == at(1795493106));
    CHECK(parse_date_time("2026-11-23T22:35:06-05:30").value() == at(1795493106));
    CHECK(parse_date_time("2026-11-24T04:05:06-00:00").value() == at(1795493106));
    CHECK(parse_date_time("2026-11-24T04:05:06.5Z").value() == at(1795493106, 500'000'000));
    CHECK(parse_date_time("2026-11-24T04:05:06.000000001Z").value() == at(1795493106, 1));
    CHECK(parse_date_time("2024-02-29T00:00:00Z").has_value());
    CHECK(parse_date_time("1969-12-31T23:59:59.999999999Z").value() == WallTime(nanoseconds(-1)));
}

TEST_CASE("a fraction is cut after nanoseconds")
{
    CHECK(parse_date_time("1970-01-01T00:00:00.1234567899999999999999999999999999999Z").value() == at(0, 123456789));
}

TEST_CASE("a leap second reads as the second after it, and only at the end of a UTC day")
{
    CHECK(parse_date_time("2016-12-31T23:59:60Z").value() == at(1483228800));
    CHECK(parse_date_time("2017-01-01T00:59:60+01:00").value() == at(1483228800));
    CHECK(parse_date_time("2016-12-31T23:59:60.25Z").value() == at(1483228800, 250'000'000));
    CHECK(parse_date_time("2016-12-31T22:59:60Z").has_error());
    CHECK(parse_date_time("2016-12-31T23:59:60+01:00").has_error());
    CHECK(parse_date_time("2016-12-31T23:59:61Z").has_error());
}

TEST_CASE("what is no date and time is refused")
{
    for (const char *text : {"",
                             "now",
                             "2026-11-24",
                             "2026-11-24T04:05Z",
                             "2026-11-24T04:05:06",
                             "2026-11-24 04:05:06Z",
                             "2026-11-24t04:05:06Z",
                             "2026-11-24T04:05:06z",
                             "2026-11-24T04:05:06.Z",
                             "2026-11-24T04:05:06+1:00",
                             "2026-11-24T04:05:06+0100",
                             "2026-11-24T04:05:06+24:00",
                             "2026-11-24T04:05:06+01:60",
                             "2026-13-01T00:00:00Z",
                             "2026-00-01T00:00:00Z",
                             "2026-06-31T00:00:00Z",
                             "2026-02-29T00:00:00Z",
                             "2026-01-00T00:00:00Z",
                             "2026-01-01T24:00:00Z",
                             "2026-01-01T00:60:00Z",
                             "2026-01-01T00:00:99Z",
                             "02026-01-01T00:00:00Z",
                             "+026-01-01T00:00:00Z",
                             "2026-01-01T00:00:00Z ",
                             " 2026-01-01T00:00:00Z",
                             "2026-01-01T00:00:00ZZ",
                             "2026-01-01T-1:00:00Z",
                             "\xd9\xa2\xd9\xa0-01-01T00:00:00Z"}) {
        INFO(text);
        CHECK(parse_date_time(text).has_error());
    }
}

TEST_CASE("a year that nanoseconds cannot reach is refused with the range")
{
    CHECK(parse_date_time("1677-12-31T23:59:59Z").error().hint == "years from 1678 to 2261 can");
    CHECK(parse_date_time("2262-01-01T00:00:00Z").has_error());
    CHECK(parse_date_time("9999-12-31T23:59:59Z").has_error());
    CHECK(parse_date_time("1678-01-01T00:00:00+23:59").has_value());
    CHECK(parse_date_time("2261-12-31T23:59:59.999999999-23:59").has_value());
}

TEST_CASE("a time is written in UTC, with decimals only where it needs them, and a timestamp always with nine")
{
    CHECK(format_date_time(at(1795493106)) == "2026-11-24T04:05:06Z");
    CHECK(format_date_time(at(1795493106, 5)) == "2026-11-24T04:05:06.000000005Z");
    CHECK(format_date_time(WallTime(nanoseconds(-1))) == "1969-12-31T23:59:59.999999999Z");
    CHECK(format_timestamp(at(1795493106)) == "2026-11-24T04:05:06.000000000Z");
    CHECK(format_timestamp(WallTime::min()) == "1677-09-21T00:12:43.145224192Z");
    CHECK(format_timestamp(WallTime::max()) == "2262-04-11T23:47:16.854775807Z");
}

TEST_CASE("a cycle number is the closest multiple of the interval [C4]")
{
    const WallTime five_past = parse_date_time("2026-11-24T04:05:00Z").value();
    CHECK(cycle_number(five_past, 1h) == "20261124.040000");
    CHECK(cycle_number(five_past, 1s) == "20261124.040500");
    CHECK(cycle_number(five_past, 24h) == "20261124.000000");
    CHECK(cycle_number(parse_date_time("2026-11-24T04:29:59.999999999Z").value(), 1h) == "20261124.040000");
    CHECK(cycle_number(parse_date_time("2026-11-24T04:30:00Z").value(), 1h) == "20261124.050000");
    CHECK(cycle_number(parse_date_time("2026-11-24T04:05:00.499999999Z").value(), 1s) == "20261124.040500");
    CHECK(cycle_number(parse_date_time("2026-11-24T04:05:00.5Z").value(), 1s) == "20261124.040501");
    CHECK(cycle_number(parse_date_time("2026-12-31T23:59:59Z").value(), 1h) == "20270101.000000");
    CHECK(cycle_number(parse_date_time("1969-12-31T23:59:00Z").value(), 1h) == "19700101.000000");
    CHECK(cycle_number(WallTime::max(), seconds(4294967295)) == "22420316.125630" /* two intervals */);
}
