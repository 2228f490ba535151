#include "programs/cli/headline.hpp"
#include "programs/cli/human.hpp"
#include "programs/cli/human_cell.hpp"
#include "programs/cli/sentence.hpp"
#include "programs/cli/table_view.hpp"

#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::cli;

namespace {

frames::ColumnDescription column(const char *id, sonde_type type, const char *unit = "", bool nullable = true)
{
    frames::ColumnDescription made;
    made.id = id;
    made.type = type;
    made.unit = unit;
    made.nullable = nullable;
    return made;
}

frames::OptionDescription option(const char *id, sonde_type type, const char *unit = "")
{
    frames::OptionDescription made;
    made.id = id;
    made.type = type;
    made.unit = unit;
    return made;
}

frames::TableDescription summary()
{
    frames::TableDescription table;
    table.id = "summary";
    table.columns = {column("target", SONDE_STRING),           column("address", SONDE_ADDRESS),
                     column("sent", SONDE_INT, "packets"),     column("replies", SONDE_INT, "packets"),
                     column("loss_ratio", SONDE_DOUBLE),       column("rtt_min", SONDE_DURATION),
                     column("rtt_median", SONDE_DURATION),     column("rtt_max", SONDE_DURATION),
                     column("ipdv", SONDE_DURATION),           column("late", SONDE_INT, "packets"),
                     column("goodput", SONDE_DOUBLE, "bit/s"), column("bytes", SONDE_INT, "B"),
                     column("limited_by", SONDE_STRING),       column("exact", SONDE_BOOL)};
    return table;
}

} // namespace

TEST_CASE("rates, shares and plain numbers are short")
{
    CHECK(human_rate(0) == "0 bit/s");
    CHECK(human_rate(842) == "842 bit/s");
    CHECK(human_rate(9'312'000'000.0) == "9.3 Gb/s");
    CHECK(human_rate(999'990) == "1.0 Mb/s");
    CHECK(human_share(1.0 / 3) == "33.3 %");
    CHECK(human_share(0) == "0 %");
    CHECK(human_share(1) == "100 %");
    CHECK(human_number(0.123456) == "0.1235");
    CHECK(human_number(123456.7) == "123457");
    CHECK(human_setting(1'500'000'000) == "1.5 s");
    CHECK(human_setting(1'000'000'000) == "1 s");
    CHECK(human_stamp("2026-11-24T04:05:06.123456789Z") == "2026-11-24 04:05:06.123");
    CHECK(human_stamp("2026-11-24") == "2026-11-24");
    CHECK(human_duration_in(412'000, 11'000'000) == "0.412");
}

TEST_CASE("a cell is shown for people, null as a dash")
{
    CHECK(human_cell(column("rtt", SONDE_DURATION), sonde_null()) == "-");
    CHECK(human_cell(column("rtt", SONDE_DURATION), sonde_duration(4'100)) == "4.1 us");
    CHECK(human_cell(column("name", SONDE_STRING), sonde_string("a\nb")) == "a?b");
    CHECK(human_cell(column("size", SONDE_INT, "B"), sonde_int(84'000)) == "84.0 kB");
    CHECK(human_cell(column("size", SONDE_INT, "B"), sonde_int(-1)) == "-1");
    CHECK(human_cell(column("rate", SONDE_DOUBLE, "bit/s"), sonde_double(2.5e6)) == "2.5 Mb/s");
    CHECK(human_cell(column("loss_ratio", SONDE_DOUBLE), sonde_double(0.5)) == "50 %");
    CHECK(human_cell(column("ttl", SONDE_INT, "s"), sonde_int(60)) == "60");
}

TEST_CASE("a summary's row is a sentence made from its columns alone")
{
    const unsigned char address[] = {192, 0, 2, 1};
    std::vector<sonde_cell> cells{sonde_string("192.0.2.1"),
                                  sonde_data(SONDE_ADDRESS, address, 4),
                                  sonde_int(3),
                                  sonde_int(2),
                                  sonde_double(1.0 / 3),
                                  sonde_duration(11'187'000),
                                  sonde_duration(11'196'000),
                                  sonde_duration(412'000),
                                  sonde_null(),
                                  sonde_int(0),
                                  sonde_double(9.31e9),
                                  sonde_int(1'500'000),
                                  sonde_string("server"),
                                  sonde_bool(0)};
    CHECK(row_sentence(summary(), cells) ==
          "192.0.2.1: 3 sent, 2 replies, loss 33.3 %; rtt min 11.187 median 11.196 max 0.412 ms; ipdv undefined; "
          "goodput 9.3 Gb/s; bytes 1.5 MB; limited by server; not exact");
    cells[0] = sonde_string("host.example");
    cells[3] = sonde_int(0);
    cells[5] = cells[6] = cells[7] = cells[12] = sonde_null();
    cells[9] = sonde_int(1);
    cells[13] = sonde_bool(1);
    CHECK(row_sentence(summary(), cells) ==
          "host.example 192.0.2.1: 3 sent, 0 replies, loss 33.3 %; rtt undefined; ipdv undefined, 1 late; "
          "goodput 9.3 Gb/s; bytes 1.5 MB; exact");
}

TEST_CASE("one of something is told in the singular")
{
    frames::TableDescription table;
    table.columns = {column("queries", SONDE_INT, "queries"), column("icmp_errors", SONDE_INT, "packets"),
                     column("losses", SONDE_INT, "packets"), column("lost", SONDE_INT, "packets")};
    const std::vector<sonde_cell> one(4, sonde_int(1)), two(4, sonde_int(2));
    CHECK(row_sentence(table, one) == "1 query, 1 icmp error, 1 loss, 1 lost");
    CHECK(row_sentence(table, two) == "2 queries, 2 icmp errors, 2 losses, 2 lost");
}

TEST_CASE("durations share the words that their names begin with")
{
    frames::TableDescription table;
    table.columns = {column("response_time_min", SONDE_DURATION), column("response_time_max", SONDE_DURATION),
                     column("up", SONDE_DURATION), column("up_max", SONDE_DURATION), column("upper", SONDE_DURATION)};
    const std::vector<sonde_cell> cells(5, sonde_duration(2'000));
    CHECK(row_sentence(table, cells) == "response time min 2.0 max 2.0 us; up 2.0 max 2.0 us; upper 2.0 us");
}

TEST_CASE("the headline names every option in force with its unit, and the clocks")
{
    frames::MethodDescription method;
    method.id = "probe";
    method.options = {option("count", SONDE_INT, "packets"),
                      option("target", SONDE_HOST),
                      option("interval", SONDE_DURATION),
                      option("size", SONDE_INT, "B"),
                      option("streams", SONDE_INT, "streams"),
                      option("warm_up", SONDE_BOOL),
                      option("note", SONDE_STRING)};
    method.options[1].required = method.options[1].list = true;
    method.tables.emplace_back().columns = {column("at", SONDE_TIMESTAMP)};
    method.tables[0].columns[0].clock = SONDE_CLOCK_WALL;
    plugin_host::Arguments arguments;
    arguments.values = {{false, {{3, 0, "3"}}},
                        {true, {{0, 0, "a"}, {0, 0, "b"}, {0, 0, "c"}, {0, 0, "d"}}},
                        {false, {{10'000'000, 0, "10ms"}}},
                        {false, {{56, 0, "56"}}},
                        {false, {{4, 0, "4"}}},
                        {false, {{0, 0, "false"}}},
                        {false, {}}};
    arguments.network.interface = "eth0";
    arguments.network.family = 6;
    CHECK(headline(method, arguments) ==
          "probe a,b,c and 1 more, count 3 packets, interval 10 ms, size 56 B, streams 4, "
          "no warm up, interface eth0, IPv6 only, clock CLOCK_REALTIME");
    CHECK(settled_options(method, arguments) ==
          std::vector<std::string>{"count", "interval", "size", "streams", "warm_up"});
}

TEST_CASE("without a terminal a table has all its columns")
{
    std::FILE *nowhere = std::tmpfile();
    Console console(nowhere, nowhere);
    const frames::TableDescription table = summary();
    TableView view(table, {0, 5, 13}, false, {"target"});
    const std::vector<sonde_cell> cells(14, sonde_null());
    view.add(cells);
    CHECK(view.flush(console, true) == "target     rtt_min  exact\n-                -  -\n");
    std::fclose(nowhere);
}
