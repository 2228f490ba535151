#include "model/row_json.hpp"

#include "support/catch.hpp"

#include <vector>

using namespace sonde::model;

namespace {

std::string members(const std::vector<Column> &columns, const std::vector<Cell> &cells)
{
    std::string json;
    append_members(json, columns, cells);
    return json;
}

} // namespace

TEST_CASE("a row is shown with a member a column, of the JSON type that fits it")
{
    CHECK(members({{"target", "string", "", {}},
                   {"seq", "int", "", {}},
                   {"share", "double", "", {}},
                   {"exact", "bool", "", {}},
                   {"rtt", "duration", "ns", {}},
                   {"sent", "timestamp", "", {}},
                   {"queued", "timestamp", "ns", {}},
                   {"address", "address", "", {}},
                   {"answer", "bytes", "", {}}},
                  {"a\"b\n", "-1", "1e+300", "true", "17", "2026-11-24T04:05:06.000000000Z", "18", "::1", "Zg=="}) ==
          R"("target":"a\"b\n","seq":-1,"share":1e+300,"exact":true,"rtt_ns":17,)"
          R"("sent":"2026-11-24T04:05:06.000000000Z","queued_ns":18,"address":"::1","answer":"Zg==")");
}

TEST_CASE("a null is shown as null, whatever its column, and an empty string as itself")
{
    CHECK(members({{"a", "string", "", {}}, {"b", "string", "", {}}, {"c", "duration", "ns", {}}}, {"", {}, {}}) ==
          R"("a":"","b":null,"c_ns":null)");
    CHECK(members({}, {}) == "");
}

TEST_CASE("a further member is escaped as well")
{
    std::string json = "{";
    append_member(json, "table", "pack\"et");
    CHECK(json == R"({"table":"pack\"et")");
}
