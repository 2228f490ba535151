// Each list of a document from outside has a most, and one that has more is refused with where and how many.
#include "model/capabilities_json.hpp"
#include "model/instruction_json.hpp"
#include "model/limits.hpp"
#include "model/report_json.hpp"
#include "model/state_json.hpp"

#include "files.hpp"
#include "support/catch.hpp"

#include <map>
#include <string>
#include <vector>

using namespace sonde::model;

namespace {

struct Limited {
    std::string document; // @ stands for the entries
    std::string path;
    std::size_t most;
};

// What is wrong with the one list, of entries that are not looked at if they are too many.
template <class Read>
void refuses(const Limited &limited, Read read)
{
    INFO(limited.path);
    std::string entries = "0";
    for (std::size_t i = 0; i < limited.most; ++i)
        entries += ",0";
    const std::string lines = to_lines(read(replaced(limited.document, "@", entries)).errors);
    const std::string most = std::to_string(limited.most);
    const std::string said =
        limited.path + ": has " + std::to_string(limited.most + 1) + " entries (" + most + " are the most)\n";
    CHECK(lines.find(said) != std::string::npos);
    CHECK(lines.size() < 2000); // no word on each entry
}

std::string in_task(const std::string &member)
{
    return lmap(R"("tasks": {"task": [{"name": "t", "program": "p", )" + member + "}]}");
}

std::string in_schedule(const std::string &member)
{
    return lmap(R"("schedules": {"schedule": [{"name": "s", "start": "e", )" + member + "}]}");
}

std::string in_action(const std::string &member)
{
    return in_schedule(R"("action": [{"name": "a", "task": "t", )" + member + "}]");
}

std::string in_result(const std::string &member)
{
    return R"({"ietf-lmap-report:input": {"date": "2026-11-24T04:00:31Z", "result": [{)" + member + "}]}}";
}

} // namespace

TEST_CASE("each list of an instruction has a most, and says which")
{
    const std::string task = "/tasks/task[name='t']/", schedule = "/schedules/schedule[name='s']/",
                      action = schedule + "action[name='a']/";
    const std::vector<Limited> all{
        {lmap(R"("tasks": {"task": [@]})"), "/tasks/task", kTasksMax},
        {in_task(R"("function": [@])"), task + "function", kFunctionsMax},
        {in_task(R"("function": [{"uri": "u", "role": [@]}])"), task + "function[uri='u']/role", kTagsMax},
        {in_task(R"("option": [@])"), task + "option", kOptionsMax},
        {in_task(R"("tag": [@])"), task + "tag", kTagsMax},
        {lmap(R"("schedules": {"schedule": [@]})"), "/schedules/schedule", kSchedulesMax},
        {in_schedule(R"("tag": [@])"), schedule + "tag", kTagsMax},
        {in_schedule(R"("suppression-tag": [@])"), schedule + "suppression-tag", kTagsMax},
        {in_schedule(R"("sonde-lmap:constraint": [@])"), schedule + "sonde-lmap:constraint", kConstraintsMax},
        {in_schedule(R"("action": [@])"), schedule + "action", kActionsMax},
        {in_action(R"("option": [@])"), action + "option", kOptionsMax},
        {in_action(R"("destination": [@])"), action + "destination", kDestinationsMax},
        {in_action(R"("tag": [@])"), action + "tag", kTagsMax},
        {in_action(R"("suppression-tag": [@])"), action + "suppression-tag", kTagsMax},
        {in_action(R"("sonde-lmap:report-table": [@])"), action + "sonde-lmap:report-table", kTablesMax},
        {lmap(R"("suppressions": {"suppression": [@]})"), "/suppressions/suppression", kSuppressionsMax},
        {lmap(R"("suppressions": {"suppression": [{"name": "x", "match": [@]}]})"),
         "/suppressions/suppression[name='x']/match", kMatchesMax},
        {lmap(R"("events": {"event": [@]})"), "/events/event", kEventsMax},
    };
    for (const Limited &limited : all)
        refuses(limited, read_instruction);
}

TEST_CASE("what a list with too many entries would have said is missed nowhere")
{
    // Each of them names what the list would have, or is of use only beside it.
    const std::string whole = lmap(R"(
        "agent": {"controller-timeout": 60},
        "tasks": {"task": [
            {"name": "t", "function": [{"uri": "urn:sonde:method:ping"} #function]},
            {"name": "report", "program": "report",
             "option": [{"id": "c", "name": "collector", "value": "file:f"} #option]} #task]},
        "events": {"event": [{"name": "e", "controller-lost": [null]} #event]},
        "suppressions": {"suppression": [{"name": "x", "start": "e", "match": ["w" #match]}]},
        "schedules": {"schedule": [
            {"name": "s", "start": "e", "suppression-tag": ["w" #tag], "execution-mode": "sequential",
             "sonde-lmap:constraint": [{"name": "up", "interface-up": {"interface": "wan0"}} #constraint],
             "sonde-lmap:retries": {"max": 1, "delay": 1},
             "action": [{"name": "a", "task": "t", "destination": ["r" #destination]} #action]},
            {"name": "r", "start": "e", "execution-mode": "sequential",
             "action": [{"name": "a", "task": "report"}]} #schedule]})");
    const std::map<std::string, std::size_t> lists{
        {"#function", kFunctionsMax}, {"#option", kOptionsMax},         {"#task", kTasksMax},
        {"#event", kEventsMax},       {"#match", kMatchesMax},          {"#tag", kTagsMax},
        {"#schedule", kSchedulesMax}, {"#constraint", kConstraintsMax}, {"#destination", kDestinationsMax},
        {"#action", kActionsMax},
    };
    const auto read_with = [&](const std::string &overlong) {
        std::string document = whole;
        for (const auto &[mark, most] : lists) {
            std::string entries;
            for (std::size_t i = 0; mark == overlong && i < most; ++i)
                entries += ",0";
            document = replaced(document, mark, entries);
        }
        return read_instruction(document);
    };
    const auto good = read_with("");
    CHECK(to_lines(good.errors).empty());
    CHECK(to_lines(good.warnings).empty());
    for (const auto &[mark, most] : lists) {
        const auto refused = read_with(mark);
        INFO(mark << '\n' << to_lines(refused.errors));
        CHECK(refused.errors.size() == 1);
        CHECK(refused.errors.front().hint == std::to_string(most) + " are the most");
        CHECK(to_lines(refused.warnings).empty());
    }
}

TEST_CASE("a node that is no list is missed nowhere either")
{
    const auto read = read_instruction(lmap(R"(
        "tasks": 5,
        "events": {"event": {}},
        "schedules": {"schedule": [{"name": "s", "start": "e", "execution-mode": "sequential",
                                    "action": [{"name": "a", "task": "t", "destination": "s"}]}]})"));
    INFO(to_lines(read.errors));
    CHECK(read.errors.size() == 3);
    CHECK(to_lines(read.warnings).empty());
}

TEST_CASE("a text has a most, and a document says which one is longer")
{
    const std::string longest(kTextBytesMax, 'x');
    const auto task = [](const std::string &value) {
        return in_task(R"("option": [{"id": "o", "name": "o", "value": ")" + value + R"("}])");
    };
    CHECK(to_lines(read_instruction(task(longest)).errors).find("/option[id='o']/value") == std::string::npos);
    CHECK(to_lines(read_instruction(task(longest + "x")).errors)
              .find("/tasks/task[name='t']/option[id='o']/value: has 65536 bytes (65535 are the most)\n") !=
          std::string::npos);
    const auto result = [](const std::string &message) {
        return in_result(R"("sonde-lmap:message": ")" + message + '"');
    };
    CHECK(to_lines(read_report(result(longest)).errors).find("message") == std::string::npos);
    CHECK(to_lines(read_report(result(longest + "x")).errors)
              .find("/result[1]/sonde-lmap:message: has 65536 bytes (65535 are the most)\n") != std::string::npos);
}

TEST_CASE("each list of a report, of capabilities and of failures has a most, and says which")
{
    const std::string result = "/result[1]/";
    const std::vector<Limited> all{
        {R"({"ietf-lmap-report:input": {"date": "2026-11-24T04:00:31Z", "result": [@]}})", "/result", kResultsMax},
        {in_result(R"("option": [@])"), result + "option", kOptionsMax},
        {in_result(R"("tag": [@])"), result + "tag", kTagsMax},
        {in_result(R"("conflict": [@])"), result + "conflict", kConflictsMax},
        {in_result(R"("table": [@])"), result + "table", kTablesMax},
        {in_result(R"("table": [{"function": [@]}])"), result + "table[1]/function", kFunctionsMax},
        {in_result(R"("table": [{"column": [@]}])"), result + "table[1]/column", kColumnsMax},
        {in_result(R"("table": [{"sonde-lmap:column-type": [@]}])"), result + "table[1]/sonde-lmap:column-type",
         kColumnsMax},
        {in_result(R"("table": [{"sonde-lmap:column-type": [{"name": "c", "type": "string", "word": [@]}]}])"),
         result + "table[1]/sonde-lmap:column-type[name='c']/word", kWordsMax},
        {in_result(R"("table": [{"row": [@]}])"), result + "table[1]/row", kRowsMax},
    };
    for (const Limited &limited : all)
        refuses(limited, read_report);
    refuses({R"({"sonde-lmap:input": {"version": "1", "tasks": {"task": [@]}}})", "/tasks/task", kTasksMax},
            read_capabilities);
    refuses({R"({"sonde-lmap:input": {"version": "1", "refused-plugin": [@]}})", "/refused-plugin", kRefusedPluginsMax},
            read_capabilities);
    refuses({R"({"sonde-lmap:input": {"failure": [@]}})", "/failure", kFailuresMax}, read_failures);
}

TEST_CASE("each kind of document has a most of bytes, and says which")
{
    const auto sized = [](auto read, std::size_t most) {
        const auto refusal = read(std::string(most + 1, ' ')).errors.front();
        CHECK(refusal.what == "the document has " + std::to_string(most + 1) + " bytes");
        CHECK(refusal.hint == std::to_string(most) + " is the most");
        CHECK(read(std::string(most, ' ')).errors.front().what.starts_with("not JSON: "));
    };
    sized(read_instruction, kInstructionBytesMax);
    sized(read_state, kStateBytesMax);
    sized(read_report, kReportBytesMax);
    sized(read_capabilities, kCapabilitiesBytesMax);
    sized(read_failures, kFailuresBytesMax);
}
