// The documents of RFC 8194 in XML.
#include "model/any_document.hpp"
#include "model/date_time.hpp"
#include "model/instruction_json.hpp"
#include "model/instruction_parts.hpp"
#include "model/limits.hpp"
#include "model/report_json.hpp"
#include "model/state_json.hpp"
#include "model/xml.hpp"

#include "files.hpp"
#include "random_model.hpp"
#include "support/catch.hpp"

#include <set>

using namespace sonde;
using namespace sonde::model;
using namespace std::chrono;

namespace {

std::string file(const char *name)
{
    return read_file(source_dir() / "tests" / "model" / "xml" / name);
}

std::string sample()
{
    return file("instruction.xml");
}

// Each task's program by the name of a method, as a task has to have it here.
std::string with_methods(std::string xml)
{
    for (const char *reporter : {"lmap-report<", "lmap-reporter<"})
        if (const std::size_t at = xml.find(reporter); at != std::string::npos)
            xml.replace(at, std::string_view(reporter).size(), "report<");
    for (std::size_t at = 0; (at = xml.find("program>/usr/bin/", at)) != std::string::npos;)
        xml.replace(at, std::string_view("program>/usr/bin/").size(), "program>");
    return xml;
}

constexpr const char *kNamespace = "urn:ietf:params:xml:ns:yang:ietf-lmap-control";

std::string in_lmap(const std::string &content)
{
    return "<lmap xmlns=\"" + std::string(kNamespace) + "\">" + content + "</lmap>";
}

std::string errors_of(const std::string &xml)
{
    const auto reading = read_instruction_xml(xml);
    CHECK(reading.value.has_value() == reading.errors.empty());
    return to_lines(reading.errors);
}

// The errors of the sample with one change, without the part of the path that all have in common.
std::string damaged(const std::string &from, const std::string &to)
{
    std::string lines = errors_of(replaced(sample(), from, to));
    const std::string root = "/ietf-lmap-control:lmap/";
    for (std::size_t at = lines.find(root); at != std::string::npos; at = lines.find(root))
        lines.erase(at, root.size());
    return lines;
}

template <class T>
void check_equal(const Reading<T> &reading, const T &written)
{
    REQUIRE(to_lines(reading.errors) == "");
    REQUIRE(*reading == written);
}

} // namespace

TEST_CASE("an instruction in XML is read into the structs that one in JSON is")
{
    const auto reading = read_instruction_xml(sample());
    REQUIRE(to_lines(reading.errors) == "");
    CHECK(to_lines(reading.warnings) == "");
    CHECK(reading->agent.group_id == "north & south");
    CHECK(reading->agent.report_agent_id);
    CHECK(reading->agent.controller_timeout == 7200s);
    CHECK(reading->agent.data_budget.bytes_per_day == std::uint64_t{18446744073709551615U});
    REQUIRE(reading->schedules.size() == 2);
    const Schedule &hourly = reading->schedules[0];
    CHECK(hourly.execution_mode == ExecutionMode::sequential);
    CHECK(hourly.suppression_tags == std::vector<std::string>{"measurement:ping"});
    REQUIRE(hourly.actions.size() == 2);
    CHECK(hourly.actions[1].options == std::vector<Option>{{"t", "target", "2001:db8::2"}});
    CHECK(hourly.constraints == std::vector<Constraint>{{"idle", LineIdle{std::nullopt, 1000, 10s}}});
    CHECK(reading->schedules[1].execution_mode == ExecutionMode::pipelined);
    CHECK(reading->tasks[0].options[0].value == "2001:db8::<1>");
    CHECK(reading->tasks[0].functions == std::vector<Function>{{"urn:sonde:method:ping", {"client"}}});
    CHECK(std::get<Periodic>(reading->events[0].type).end == parse_date_time("2026-11-01T00:00:00Z").value());
    const auto &calendar = std::get<Calendar>(reading->events[1].type);
    CHECK(calendar.month.every);
    CHECK(calendar.day_of_week.values == 2);
    CHECK(calendar.hour.values == (1 << 4 | 1 << 16));
    CHECK(calendar.timezone_offset == 0min);
    CHECK(std::holds_alternative<ControllerLost>(reading->events[2].type));
    CHECK(std::holds_alternative<ControllerConnected>(reading->events[3].type));
}

TEST_CASE("an error in XML has its line, its path, and nothing that holds for JSON alone")
{
    CHECK(damaged("<interval>3600<", "<interval>hourly<") ==
          "line 72: events/event[name='at-random']/periodic/interval: a number was expected, here is the string "
          "'hourly'\n");
    CHECK(
        damaged("<interval>3600<", "<interval>0<") ==
        "line 72: events/event[name='at-random']/periodic/interval: is out of range (it goes from 1 to 4294967295)\n");
    CHECK(damaged("<interval>3600</interval>", "") ==
          "line 71: events/event[name='at-random']/periodic/interval: is missing (it is mandatory)\n");
    CHECK(damaged("<report-agent-id>true<", "<report-agent-id>yes<") ==
          "line 8: agent/report-agent-id: true or false was expected, here is the string 'yes'\n");
    CHECK(damaged("<start>at-random<", "<start>at-randon<") ==
          "line 17: schedules/schedule[name='hourly']/start: no event named 'at-randon' (did you mean 'at-random'? "
          "events here: at-random, monday-night, lost, connected)\n");
    CHECK(
        damaged("<random-spread>60</random-spread>", "<random-sprea>60</random-sprea>")
            .starts_with("line 70: events/event[name='at-random']/random-sprea: no node named 'random-sprea' (did you "
                         "mean 'random-spread'? "));
    CHECK(damaged("<controller-lost/>", "<controller-lost>now</controller-lost>") ==
          "line 90: events/event[name='lost']/controller-lost: [null] was expected, here is the string 'now'\n");
    CHECK(damaged("<name>two</name>", "<name>one</name>") ==
          "line 19: schedules/schedule[name='hourly']/action[name='one']: is there twice\n");
    CHECK(damaged("<start>lost</start>", "<start>lost</start><start>lost</start>") ==
          "line 49: suppressions/suppression[name='orphaned']/start: is there twice\n");
    CHECK(damaged("<agent>", "<capabilities><version>1</version></capabilities><agent>") ==
          "line 5: capabilities: is an agent's state and cannot be set\n");
    CHECK(damaged("<match>measurement:*</match>", "<match>m</match><match>m</match>")
              .starts_with("line 51: suppressions/suppression[name='orphaned']/match[2]: 'm' is there twice"));
}

TEST_CASE("what only XML can have wrong is an error too")
{
    CHECK(damaged("<agent>", "<agent mode=\"replace\">") ==
          "line 5: agent: has an attribute 'mode' (nothing here has one)\n");
    CHECK(damaged("<agent>", "<agent>here") == "line 5: agent: has the text 'here' (elements alone stand here)\n");
    CHECK(damaged("<start>lost</start>", "<start>lost<b/></start>") ==
          "line 49: suppressions/suppression[name='orphaned']/start: has <b> within (text alone stands here)\n");
    CHECK(damaged("<agent>", "<agent><x xmlns=\"urn:x\"/>") ==
          "line 5: agent: has <x> of the namespace 'urn:x' (no module that is known here has that one)\n");
    CHECK(
        damaged("<sonde:data-budget>", "<data-budget><bytes-per-day>1</bytes-per-day></data-budget><sonde:data-budget>")
            .starts_with("line 10: agent/data-budget: no node named 'data-budget' (did you mean "
                         "'sonde-lmap:data-budget'? "));
    std::string many = "<agent";
    for (int i = 0; i < 70; ++i)
        many += " xmlns:n" + std::to_string(i) + "=\"urn:x\"";
    CHECK(damaged("<agent>", many + ">") == "line 5: agent: has more than 64 namespaces in force\n");
}

TEST_CASE("a document that is no XML, or no instruction, says where and what would be right")
{
    const std::string right = " (it begins with <lmap xmlns=\"urn:ietf:params:xml:ns:yang:ietf-lmap-control\">)\n";
    CHECK(errors_of("<lmap>\n<agent>\n</lmap>") == "line 3: not XML: Start-end tags mismatch\n");
    CHECK(errors_of("<lmap/>") == "line 1: <lmap> without a namespace was not expected" + right);
    CHECK(errors_of("<report xmlns=\"urn:ietf:params:xml:ns:yang:ietf-lmap-report\"/>") ==
          "line 1: <report> of the namespace 'urn:ietf:params:xml:ns:yang:ietf-lmap-report' was not expected" + right);
    CHECK(errors_of("\n<!-- nothing -->") == "has no element" + right);
    CHECK(errors_of(in_lmap("") + in_lmap("")) == "line 1: a second document begins (one at a time)\n");
    CHECK(errors_of("x" + in_lmap("")) == "line 1: not XML: there is text outside of the root element\n");
    CHECK(errors_of("<!DOCTYPE lmap [<!ENTITY a \"b\">]>\n" + in_lmap("")) ==
          "line 1: has a document type (leave it out: nothing that it could say is needed)\n");
    CHECK(errors_of("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" + in_lmap("")) ==
          "line 1: is encoded as ISO-8859-1 (UTF-8 is read)\n");
    for (const char *bad : {"&nbsp;", "& ", "&#0;", "&#xd800;", "&#x110000;", "&#1;", "&#;", "&lt"})
        CHECK(errors_of("\n" + in_lmap("<agent><group-id>" + std::string(bad) + "</group-id></agent>")) ==
              "line 2: has a '&' that begins none of &lt; &gt; &amp; &quot; &apos; and &#NUMBER; (a '&' itself is "
              "written &amp;)\n");
    CHECK(errors_of(in_lmap("\n\xff")).starts_with("line 2: has a character that YANG's string type does not allow"));
}

TEST_CASE("XML has limits on its size and its depth")
{
    CHECK(errors_of(std::string(kInstructionBytesMax + 1, ' ')) ==
          "the document has 1048577 bytes (1048576 is the most)\n");
    std::string deep;
    for (int i = 0; i < 100'000; ++i)
        deep += "<a>";
    const std::string open = deep;
    for (int i = 0; i < 100'000; ++i)
        deep += "</a>";
    CHECK(errors_of(in_lmap(deep)) == "line 1: is nested deeper than 32 levels\n");
    CHECK(errors_of(in_lmap(open)).starts_with("line 1: not XML: "));
}

TEST_CASE("characters that XML writes in another way arrive as they are")
{
    Instruction instruction;
    instruction.tasks = {{"t", {}, "p", {{"<&>\"'", " \t", "\r\n ]]> \n"}, {"e", "e", ""}}, {}}};
    check_equal(read_instruction_xml(to_xml(write_instruction(instruction))), instruction);
    CHECK(*read_instruction_xml("\xef\xbb\xbf" + in_lmap("<agent><group-id>a<!-- b -->&#99;&#x64;<![CDATA[&amp;]]>"
                                                         "</group-id></agent>"))
               ->agent.group_id == "acd&amp;");
}

TEST_CASE("what is written in XML reads back as the same")
{
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed " << seed);
        RandomModel model(seed);
        const Instruction instruction = model.instruction();
        const std::string xml = to_xml(write_instruction(instruction));
        INFO(xml);
        check_equal(read_instruction_xml(xml), instruction);
        const AgentState state = model.state();
        check_equal(read_state_xml(to_xml(write_state(state))), state);
        const Report report = model.report();
        check_equal(read_report_xml(to_xml(write_report(report))), report);
    }
}

TEST_CASE("a document of any kind becomes JSON as it is written here")
{
    RandomModel model(7);
    const auto same = [](const std::string &json) {
        const auto from_json = read_any_document(json);
        REQUIRE(to_lines(from_json.errors) == "");
        const auto from_xml = read_any_document(to_xml(json));
        REQUIRE(to_lines(from_xml.errors) == "");
        CHECK(*from_xml == *from_json);
        return *from_json;
    };
    const Instruction instruction = model.instruction();
    CHECK(same(write_instruction(instruction)) == write_instruction(instruction));
    const AgentState state = model.state();
    check_equal(read_state(same(write_state(state))), state);
    const Report report = model.report();
    check_equal(read_report(same(write_report(report))), report);
    // Whether it makes sense is not asked.
    CHECK(read_any_document(in_lmap("<tasks><task><name>t</name><program>/usr/bin/fping</program></task></tasks>")));
    CHECK(to_lines(read_any_document("{\"x\": 1}").errors).find("no node named 'x'") != std::string::npos);
    CHECK(to_lines(read_any_document("<x/>").errors) ==
          "line 1: <x> without a namespace was not expected (it begins with <lmap "
          "xmlns=\"urn:ietf:params:xml:ns:yang:ietf-lmap-control\"> or <report "
          "xmlns=\"urn:ietf:params:xml:ns:yang:ietf-lmap-report\">)\n");
}

TEST_CASE("parts of an instruction may be XML and JSON")
{
    const std::vector<InstructionPart> parts{
        {"a.xml", in_lmap("<tasks><task><name>t</name><program>ping</program></task></tasks>")},
        {"b.json", lmap(R"("events": {"event": [{"name": "e", "startup": [null]}]})")}};
    const auto reading = read_instruction_parts(parts);
    REQUIRE(to_lines(reading.errors) == "");
    CHECK(reading->tasks.size() == 1);
    CHECK(reading->events.size() == 1);
    const std::vector<InstructionPart> bad{{"a.xml", in_lmap("<tasks>\n<task/></tasks>")}};
    CHECK(to_lines(read_instruction_parts(bad).errors)
              .starts_with("a.xml: line 2: /ietf-lmap-control:lmap/tasks/task[1]/name: is missing"));
}

TEST_CASE("the example configuration of RFC 8194 is taken once its programs are named as methods")
{
    const std::string xml = file("rfc8194-config.xml");
    const std::string errors = errors_of(xml);
    for (const char *program : {"fping-update-targets", "fping", "mtr", "lmap-report", "ippm-udp-latency"})
        CHECK(errors.find("/program: '/usr/bin/" + std::string(program) + "' is not the name of a method") !=
              std::string::npos);

    const auto taken = read_instruction_xml(with_methods(xml));
    REQUIRE(to_lines(taken.errors) == "");
    CHECK(taken->schedules.size() == 3);
    CHECK(taken->schedules[1].execution_mode == ExecutionMode::parallel);
    CHECK(taken->suppressions.at(0).match == std::vector<std::string>{"measurement:*"});
    CHECK(taken->tasks.size() == 5);
    CHECK(std::get<Calendar>(taken->events.at(1).type).day_of_week.values == 2);

    // As a document it is converted as it stands.
    const auto json = read_any_document(xml);
    REQUIRE(to_lines(json.errors) == "");
    CHECK(*read_any_document(to_xml(*json)) == *json);
}

TEST_CASE("the example report of RFC 8194 lacks what tells a result from all others, and nothing else")
{
    const auto reading = read_report_xml(file("rfc8194-report.xml"));
    std::set<std::string> lacking;
    for (const sonde::Error &error : reading.errors) {
        CHECK(error.what == "is missing");
        lacking.insert(error.where.substr(error.where.rfind('/') + 1));
    }
    CHECK(lacking ==
          std::set<std::string>{"sonde-lmap:epoch", "sonde-lmap:sequence", "sonde-lmap:run", "sonde-lmap:method"});
}

TEST_CASE("a configuration in lmapd's forms is taken, but for options without a name and what is of no module here")
{
    const std::string xml = with_methods(file("lmapd-forms.xml"));
    CHECK(errors_of(xml).find("/action[name='trace']/option[id='whom']/name: is missing") != std::string::npos);
    const std::string named =
        replaced(xml, "<lmapc:id>whom</lmapc:id>", "<lmapc:id>whom</lmapc:id><lmapc:name>to</lmapc:name>");
    const auto reading = read_instruction_xml(named);
    REQUIRE(to_lines(reading.errors) == "");
    CHECK(reading->agent.controller_timeout == 42s);
    CHECK(reading->schedules[0].actions[0].destinations == std::vector<std::string>{"main", "shadow"});
    CHECK(std::get<Periodic>(reading->events[0].type).start == parse_date_time("2015-02-01T15:44:21Z").value());
    CHECK(std::get<Calendar>(reading->events[1].type).timezone_offset == -60min);

    const std::string agent = "<lmapc:agent>";
    CHECK(errors_of(replaced(named, agent, agent + "<name>x</name>")).find("/agent: has <name> of the namespace ''") !=
          std::string::npos);
    CHECK(errors_of(replaced(named, agent, agent + "<lmapc:device-id>urn:dev:mac:0</lmapc:device-id>"))
              .find("/agent/device-id: no node named 'device-id'") != std::string::npos);
}
