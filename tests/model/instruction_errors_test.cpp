#include "model/instruction_json.hpp"
#include "model/limits.hpp"

#include "files.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace sonde;
using namespace sonde::model;

namespace {

std::string errors(const std::string &text)
{
    const Reading<Instruction> reading = read_instruction(text);
    CHECK(reading.value.has_value() == reading.errors.empty());
    return to_lines(reading.errors);
}

// The errors of examples/ping.json with one change, without the part of the path that all have in common.
std::string changed(const std::string &from, const std::string &to)
{
    std::string lines = errors(replaced(example("ping.json"), from, to));
    const std::string root = "/ietf-lmap-control:lmap/";
    for (std::size_t at = lines.find(root); at != std::string::npos; at = lines.find(root))
        lines.erase(at, root.size());
    return lines;
}

} // namespace

TEST_CASE("a reference to a name that is not there says which name was near and which there are")
{
    CHECK(errors(replaced(example("ping.json"), R"("start": "hourly")", R"("start": "houly")")) ==
          "/ietf-lmap-control:lmap/schedules/schedule[name='hourly-ping']/start: no event named 'houly' (did you mean "
          "'hourly'? events here: hourly, every-minute)\n");
    CHECK(changed(R"("task": "ping", "dest)", R"("task": "gnip-gnop", "dest)") ==
          "schedules/schedule[name='hourly-ping']/action[name='ping']/task: no task named 'gnip-gnop' (tasks here: "
          "ping, report)\n");
    CHECK(changed(R"("destination": ["report"])", R"("destination": ["reprot"])") ==
          "schedules/schedule[name='hourly-ping']/action[name='ping']/destination: no schedule named 'reprot' (did you "
          "mean 'report'? schedules here: hourly-ping, report)\n");
    CHECK(
        errors(lmap(R"("schedules": {"schedule": [{"name": "s", "start": "x"}]})")) ==
        "/ietf-lmap-control:lmap/schedules/schedule[name='s']/start: no event named 'x' (there are no events here)\n");
}

TEST_CASE("an unknown node is an error that names the nearest one")
{
    CHECK(changed(R"("random-spread")", R"("random_spread")") ==
          "events/event[name='hourly']/random_spread: no node named 'random_spread' (did you mean 'random-spread'? "
          "nodes here: name, random-spread, cycle-interval, periodic, calendar, one-off, immediate, startup, "
          "controller-lost, controller-connected)\n");
    CHECK(changed(R"("tag": ["example"])", R"("vendor:colour": "red")") ==
          "tasks/task[name='ping']/vendor:colour: no node named 'vendor:colour' (nodes here: name, function, program, "
          "option, tag, sonde-lmap:interface, sonde-lmap:family)\n");
    CHECK(changed(R"("tasks": {)", R"("ietf-lmap-control:tasks": {)").find("did you mean 'tasks'?") !=
          std::string::npos);
}

TEST_CASE("a wrong type says what was expected and what is there")
{
    CHECK(
        changed(R"("interval": 3600)", R"("interval": "3600")") ==
        "events/event[name='hourly']/periodic/interval: a number was expected, here is the string '3600' (this one is "
        "written without quotes)\n");
    CHECK(
        changed(R"("interval": 3600)", R"("interval": 0.5)") ==
        "events/event[name='hourly']/periodic/interval: is not a whole number from 1 to 4294967295 (without a fraction "
        "or an exponent)\n");
    CHECK(changed(R"("interval": 3600)", R"("interval": 0)") ==
          "events/event[name='hourly']/periodic/interval: is out of range (it goes from 1 to 4294967295)\n");
    CHECK(changed(R"("interval": 3600)", R"("interval": 4294967296)") ==
          "events/event[name='hourly']/periodic/interval: is out of range (it goes from 1 to 4294967295)\n");
    CHECK(changed(R"("interval": 3600)", R"("interval": [])") ==
          "events/event[name='hourly']/periodic/interval: a whole number was expected, here is an array\n");
    CHECK(changed(R"({"interval": 3600})", "60") ==
          "events/event[name='hourly']/periodic: an object was expected, here is a number\n");
    CHECK(changed(R"("tag": ["example"])", R"("tag": "example")") ==
          "tasks/task[name='ping']/tag: an array was expected, here is the string 'example'\n");
    CHECK(changed(R"("tag": ["example"])", R"("tag": ["a", 7])") ==
          "tasks/task[name='ping']/tag[2]: a string was expected, here is a number\n");
    CHECK(changed(R"("value": "10")", R"("value": 10)") ==
          "tasks/task[name='ping']/option[id='count']/value: a string was expected, here is a number\n");
    CHECK(changed(R"("execution-mode": "sequential")", R"("execution-mode": "sequentiel")") ==
          "schedules/schedule[name='hourly-ping']/execution-mode: there is no mode 'sequentiel' (did you mean "
          "'sequential'? modes here: sequential, parallel, pipelined)\n");
    CHECK(errors(lmap(R"("agent": {"report-agent-id": "true"})")) ==
          "/ietf-lmap-control:lmap/agent/report-agent-id: true or false was expected, here is the string 'true' (this "
          "one "
          "is written without quotes)\n");
    CHECK(
        errors(lmap(R"("events": {"event": [{"name": "e", "immediate": true}]})")) ==
        "/ietf-lmap-control:lmap/events/event[name='e']/immediate: [null] was expected, here is true (a leaf without a "
        "value is written so (RFC 7951 section 6.9))\n");
    CHECK(errors(lmap(R"("events": {"event": [{"name": "e", "one-off": {"time": "tomorrow"}}]})")) ==
          "/ietf-lmap-control:lmap/events/event[name='e']/one-off/time: 'tomorrow' is not a date and time (it has the "
          "form "
          "2026-11-24T04:05:00Z or 2026-11-24T05:05:00.5+01:00)\n");
    CHECK(errors(lmap(R"("agent": {"agent-id": "7"})")) ==
          "/ietf-lmap-control:lmap/agent/agent-id: '7' is not a UUID (it has the form "
          "6b1c0f8e-4a5d-4a53-9a11-0f2f6c8f1e77)\n");
    CHECK(changed("urn:sonde:method:ping", "urn:sonde method") ==
          "tasks/task[name='ping']/function[uri='urn:sonde method']/uri: a URI was expected, here is the string "
          "'urn:sonde method'\n");
    CHECK(changed(R"("tag": ["example"])", R"("tag": [""])") == "tasks/task[name='ping']/tag[1]: is empty\n");
    CHECK(changed(R"("tag": ["example"])", R"("tag": ["\u0007"])") ==
          "tasks/task[name='ping']/tag[1]: has a character that YANG's string type does not allow (control characters "
          "other than tab and line ends are not (RFC 7950 section 9.4))\n");
}

TEST_CASE("what is mandatory and missing is named, an entry without its key by its position")
{
    CHECK(changed(R"("start": "hourly",)", "") ==
          "schedules/schedule[name='hourly-ping']/start: is missing (it is mandatory)\n");
    CHECK(errors(lmap(R"("events": {"event": [{"name": "a", "startup": [null]}, {"startup": [null]}]})")) ==
          "/ietf-lmap-control:lmap/events/event[2]/name: is missing (it is mandatory)\n");
    CHECK(changed(R"("periodic": {"interval": 3600})", R"("periodic": {})") ==
          "events/event[name='hourly']/periodic/interval: is missing (it is mandatory)\n");
    CHECK(changed(R"("name": "count", )", "") ==
          "tasks/task[name='ping']/option[id='count']/name: is missing (it is mandatory)\n");
    CHECK(changed(R"(, "periodic": {"interval": 3600})", "") ==
          "events/event[name='hourly']: has no event type (one of periodic, calendar, one-off, immediate, startup, "
          "controller-lost, controller-connected)\n");
}

// "The locally unique, administratively assigned name for this Schedule."
// "The locally unique, administratively assigned name for this Suppression."
// "The unique identifier for this Action."
// "The unique name of an event source."
TEST_CASE("keys and the entries of leaf-lists are unique, and members are given once")
{
    CHECK(changed(R"("name": "every-minute")", R"("name": "hourly")")
              .find("events/event[name='hourly']: is there twice\n") == 0);
    CHECK(changed(R"("name": "report",
          "start")",
                  R"("name": "hourly-ping",
          "start")")
              .find("schedules/schedule[name='hourly-ping']: is there twice\n") != std::string::npos);
    CHECK(changed(R"("destination": ["report"]})", R"("destination": ["report"]}, {"name": "ping", "task": "ping"})") ==
          "schedules/schedule[name='hourly-ping']/action[name='ping']: is there twice\n");
    CHECK(errors(lmap(R"("suppressions": {"suppression": [{"name": "x"}, {"name": "x"}]})")) ==
          "/ietf-lmap-control:lmap/suppressions/suppression[name='x']: is there twice\n");
    CHECK(changed(R"("id": "count")", R"("id": "target")") ==
          "tasks/task[name='ping']/option[id='target']: is there twice\n");
    CHECK(changed(R"("tag": ["example"])", R"("tag": ["a", "b", "a"])") ==
          "tasks/task[name='ping']/tag[3]: 'a' is there twice\n");
    CHECK(changed(R"("tag": ["example"])", R"("program": "dns")") ==
          "tasks/task[name='ping']/program: is there twice\n");
    CHECK(errors(R"({"ietf-lmap-control:lmap": {}, "ietf-lmap-control:lmap": {}})") ==
          "/ietf-lmap-control:lmap: is there twice\n");
}

// "Different types of events are handled by different branches of this choice."
// "Note that this choice can be extended via augmentations."
// "This choice contains optional leafs that control the graceful forced termination of scheduled Actions."
TEST_CASE("two types of one event exclude each other, and so do two ends of a schedule")
{
    CHECK(changed(R"("periodic": {"interval": 3600})", R"("periodic": {"interval": 3600}, "startup": [null])") ==
          "events/event[name='hourly']/startup: excludes 'periodic' (both are of the choice event type)\n");
    CHECK(changed(R"("start": "hourly")", R"("start": "hourly", "end": "every-minute", "duration": 60)") ==
          "schedules/schedule[name='hourly-ping']/duration: excludes 'end' (both are of the choice end)\n");
    // A type of somebody else's module.
    CHECK(changed(R"("periodic": {"interval": 3600})", R"("vendor:on-link-up": [null])")
              .starts_with("events/event[name='hourly']/vendor:on-link-up: no node named 'vendor:on-link-up' ("));
}

// "Configuration of LMAP events."
// "The list of event sources configured on the Measurement Agent."
TEST_CASE("every event, what ends a schedule, parallel execution and suppressions are taken [A5, A6]")
{
    const std::string periodic = R"("periodic": {"interval": 3600})";
    CHECK(changed(periodic, R"("calendar": {"month": ["*"], "day-of-month": ["*"], "day-of-week": ["*"], "hour": [4],
                             "minute": [5], "second": [0]})") == "");
    CHECK(changed(periodic, R"("controller-lost": [null])") == "");
    CHECK(changed(periodic, R"("controller-connected": [null])") == "");
    CHECK(changed(R"("start": "hourly")", R"("start": "hourly", "end": "every-minute")") == "");
    CHECK(changed(R"("start": "hourly")", R"("start": "hourly", "duration": 60)") == "");
    CHECK(errors(lmap(R"("suppressions": {"suppression": [{"name": "x", "match": ["*"]}]})")) == "");
    CHECK(changed(R"("execution-mode": "sequential")", R"("execution-mode": "parallel")") == "");
}

// "This container is a placeholder for runtime parameters defined in Task-specific data models augmenting the base LMAP
// control data model."
// "This choice is provided to augment in different sets of parameters."
TEST_CASE("parameters of a module that is not known are refused")
{
    CHECK(changed(R"("destination": ["report"]})", R"("destination": ["report"], "parameters": {"x:y": {"z": 1}}})") ==
          "schedules/schedule[name='hourly-ping']/action[name='ping']/parameters: are of no module that is known here "
          "(use options)\n");
    CHECK(changed(R"("destination": ["report"]})", R"("destination": ["report"], "parameters": {}})") == "");
}

TEST_CASE("pipelined execution, the default, is fine with several actions")
{
    const std::string one = R"("execution-mode": "sequential",
          "action": [{"name": "ping")";
    const std::string second = R"({"name": "first", "task": "ping", "destination": ["report"]}, )";
    CHECK(changed(one, R"("action": [{"name": "ping")") == "");
    CHECK(changed(one, R"("action": [)" + second + R"({"name": "ping")") == "");
    CHECK(changed(one, R"("execution-mode": "pipelined", "action": [)" + second + R"({"name": "ping")") == "");
}

TEST_CASE("state cannot be set")
{
    CHECK(changed(R"("start": "hourly")", R"("start": "hourly", "state": "enabled")") ==
          "schedules/schedule[name='hourly-ping']/state: is an agent's state and cannot be set\n");
    CHECK(errors(lmap(R"("agent": {"last-started": "2026-11-24T04:05:00Z"})")) ==
          "/ietf-lmap-control:lmap/agent/last-started: is an agent's state and cannot be set\n");
    CHECK(errors(lmap(R"("capabilities": {"version": "1"})")) ==
          "/ietf-lmap-control:lmap/capabilities: is an agent's state and cannot be set\n");
}

TEST_CASE("what would be reported has to be set [A9]")
{
    CHECK(errors(lmap(
              R"("agent": {"report-agent-id": true, "report-group-id": true, "report-measurement-point": true})")) ==
          "/ietf-lmap-control:lmap/agent/report-agent-id: there is no agent-id to report (set it, or leave this out)\n"
          "/ietf-lmap-control:lmap/agent/report-group-id: there is no group-id to report (set it, or leave this out)\n"
          "/ietf-lmap-control:lmap/agent/report-measurement-point: there is no measurement-point to report (set it, or "
          "leave this out)\n");
    CHECK(errors(lmap(R"("agent": {"group-id": "g", "report-group-id": true})")) == "");
}

TEST_CASE("a task names a method, never a path")
{
    CHECK(changed(R"("program": "ping")", R"("program": "/bin/sh")") ==
          "tasks/task[name='ping']/program: '/bin/sh' is not the name of a method (methods are named, never given by a "
          "path: ping)\n");
    CHECK(errors(lmap(R"("tasks": {"task": [{"name": "t"}]})")) ==
          "/ietf-lmap-control:lmap/tasks/task[name='t']: names no method (give it a function's uri or a program)\n");
}

// "The behavior of an Action passing data to its own Schedule is implementation specific."
TEST_CASE("results go to a schedule that reports, and a report to a collector")
{
    CHECK(changed(R"("destination": ["report"])", R"("destination": ["hourly-ping"])") ==
          "schedules/schedule[name='hourly-ping']/action[name='ping']/destination: sends results round in a circle "
          "(hourly-ping -> hourly-ping)\n");
    CHECK(changed(R"("name": "collector")", R"("name": "colector")") ==
          "schedules/schedule[name='report']/action[name='report']: reports to nobody (give it or its task an option "
          "'collector', https://HOST:PORT or file:NAME)\n");
    CHECK(changed("https://127", "http://127") ==
          "schedules/schedule[name='report']/action[name='report']: "
          "'http://127.0.0.1:8444' is no collector (a collector is https://HOST:PORT, "
          "or file:NAME for a folder of the agent's)\n");
    CHECK(changed(R"({"name": "report", "task": "report"})",
                  R"({"name": "report", "task": "report", "destination": ["report"]})")
              .find("schedules/schedule[name='report']/action[name='report']/destination: a report has no results of "
                    "its own (leave it out)\n") == 0);
}

TEST_CASE("all errors are told at once, whatever their kind")
{
    std::string text = example("ping.json");
    text = replaced(text, R"("start": "hourly")", R"("start": "houly")");
    text = replaced(text, R"("random-spread": 180)", R"("random-spread": -1)");
    text = replaced(text, R"("value": "10")", R"("value": false)");
    const std::string lines = errors(text);
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
    CHECK(read_instruction(text).errors.size() == 3);
}

TEST_CASE("callers that show one error say how many more there are")
{
    const auto error = read_instruction(lmap(R"("a": 1, "b": 2)")).first().error();
    CHECK(error.where == "/ietf-lmap-control:lmap/a");
    const auto two = read_instruction(lmap(R"("tasks": 1, "events": 2)")).first().error();
    CHECK(two.hint == "and 1 more");
}

TEST_CASE("names from outside cannot disturb a terminal or a log")
{
    const std::string lines =
        errors(lmap(R"("tasks": {"task": [{"name": "a\u001b[31m\nb'c\"", "program": "p", "x": 1}]})"));
    CHECK(lines.find('\x1b') == std::string::npos);
    CHECK(std::count(lines.begin(), lines.end(), '\n') == 2); // one an error
}

TEST_CASE("lists have a most, and so have names")
{
    std::string tags;
    for (std::size_t i = 0; i <= kTagsMax; ++i)
        tags += (i == 0 ? "\"" : ", \"") + std::to_string(i) + '"';
    CHECK(changed(R"("tag": ["example"])", "\"tag\": [" + tags + "]") ==
          "tasks/task[name='ping']/tag: has 101 entries (100 are the most)\n");
    CHECK(changed(R"("tag": ["example"])", "\"tag\": [\"" + std::string(257, 'x') + "\"]") ==
          "tasks/task[name='ping']/tag[1]: has 257 bytes (256 are the most)\n");
}

TEST_CASE("a thousand errors are not all told")
{
    std::string members;
    for (int i = 0; i < 1000; ++i)
        members += (i == 0 ? "\"" : ", \"") + std::string("x") + std::to_string(i) + "\": 1";
    const Reading<Instruction> reading = read_instruction(lmap(members));
    CHECK(reading.errors.size() == kErrorsMax + 1);
    CHECK(reading.errors.back().what == "more than 50 errors, the rest was not read");
}
