#include "model/capabilities_json.hpp"

#include "support/catch.hpp"

using namespace sonde::model;

TEST_CASE("capabilities say what can run, and which files cannot and why [A10]")
{
    const auto reading = read_capabilities(R"({"sonde-lmap:input": {"version": "sonde-agent 0.1.0", "tag": ["home"],
        "tasks": {"task": [{"name": "ping", "function": [{"uri": "urn:sonde:method:ping", "role": ["client"]}],
                            "version": "1.0", "program": "ping", "plugin-version": "1.2.0"}]},
        "refused-plugin": [{"file": "/p/old.so", "reason": "built for ABI 2"}]}})");
    REQUIRE(to_lines(reading.errors) == "");
    CHECK(*reading == Capabilities{"sonde-agent 0.1.0",
                                   {"home"},
                                   {{"ping", {{"urn:sonde:method:ping", {"client"}}}, "1.0", "ping", "", "1.2.0"}},
                                   {{"/p/old.so", "built for ABI 2"}}});
}

TEST_CASE("damaged capabilities and failures are refused with the path")
{
    CHECK(to_lines(read_capabilities(R"({"sonde-lmap:input": {}})").errors) ==
          "/sonde-lmap:input/version: is missing (it is mandatory)\n");
    CHECK(to_lines(read_capabilities(R"({"sonde-lmap:input": {"version": "1", "tasks": {"task": [
              {"name": "a", "plugin-hash": "x"}, {"name": "a"}]}}})")
                       .errors) ==
          "/sonde-lmap:input/tasks/task[name='a']/plugin-hash: a SHA-256 hash, 64 lower-case hexadecimal digits, was "
          "expected, here is the string 'x'\n/sonde-lmap:input/tasks/task[name='a']: is there twice\n");
    CHECK(to_lines(read_failures(R"({"sonde-lmap:input": {"failure": [{"time": "now", "kind": "plugin"}]}})").errors) ==
          "/sonde-lmap:input/failure[1]/epoch: is missing (it is mandatory)\n"
          "/sonde-lmap:input/failure[1]/sequence: is missing (it is mandatory)\n"
          "/sonde-lmap:input/failure[1]/time: 'now' is not a date and time (it has the form 2026-11-24T04:05:00Z or "
          "2026-11-24T05:05:00.5+01:00)\n/sonde-lmap:input/failure[1]/message: is missing (it is mandatory)\n");
}
