#include "store/names.hpp"
#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::store;

TEST_CASE("a name is [a-z][a-z0-9_]* of at most 64 bytes, a method's may have '-'")
{
    CHECK(is_name("a"));
    CHECK(is_name("rtt_2"));
    CHECK(is_name(std::string(64, 'a')));
    CHECK(is_method_name("http-download"));
    for (const std::string bad :
         {"", "_a", "2a", "A", "aB", "a b", "a.b", "a\"b", "a;b", "a'b", "\xc3\xa4", "drop table x"}) {
        CAPTURE(bad);
        CHECK_FALSE(is_name(bad));
        CHECK_FALSE(is_method_name(bad));
    }
    CHECK_FALSE(is_name(std::string(65, 'a')));
    CHECK_FALSE(is_name(std::string_view("a\0b", 3)));
    CHECK_FALSE(is_name("a-b"));
}

TEST_CASE("the first table's view has the method's name, the others' the table's behind it")
{
    CHECK(view_name("ping", "packet", true) == "ping");
    CHECK(view_name("ping", "summary", false) == "ping_summary");
    CHECK(view_name("http-download", "streams", false) == "http_download_streams");
    CHECK(view_name("sqlite-master", "x", true) == "m_sqlite_master");
}

TEST_CASE("a duration's column carries its unit in the view, and no name is there twice")
{
    const std::vector<model::Column> columns = {{"rtt", "duration", "ns", {}},     {"rtt_us", "int", "", {}},
                                                {"sent", "timestamp", "", {}},     {"received", "timestamp", "ns", {}},
                                                {"received_ns", "double", "", {}}, {"size", "int", "bytes", {}}};
    CHECK(view_columns(columns) ==
          std::vector<std::string>{"rtt_us", "rtt_us_2", "sent", "received_ns", "received_ns_2", "size"});
}
