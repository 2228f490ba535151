#include "programs/cli/trace_steps.hpp"

#include "model/date_time.hpp"
#include "programs/cli/answer_member.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/human.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace sonde::cli {

namespace {

std::string stamp_in(const rapidjson::Value &said, const char *name)
{
    return human_stamp(printable(text_member(said, name)));
}

// A step's line: its word, when, what, and who says so.
std::string step(std::string word, const std::string &time, const std::string &what, const char *who)
{
    word.resize(std::max<std::size_t>(word.size(), 12), ' ');
    return "  " + word + "  " + (time.empty() ? std::string(23, ' ') : time) + (what.empty() ? "" : "  " + what) +
           "  [" + who + "]";
}

std::string counted(std::uint64_t number, const char *noun)
{
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

// When it was due after its trigger: its spread, and with a later action what went before it.
std::string due_words(const rapidjson::Value &said)
{
    const auto event = model::parse_date_time(text_member(said, "first_event"));
    const auto start = model::parse_date_time(text_member(said, "start"));
    const rapidjson::Value &spread = member(said, "spread_ns"), &lateness = member(said, "lateness_ns");
    if (spread.IsInt64())
        return "and " + human_duration(spread.GetInt64()) + " of spread";
    if (!event || !start || !lateness.IsInt64())
        return "";
    const auto due = *start - std::chrono::nanoseconds(lateness.GetInt64()) - *event;
    return due.count() > 0 ? "due " + human_duration(due.count()) + " later (spread, and actions before it)" : "";
}

void add_run(const rapidjson::Value &said, const char *who, std::vector<std::string> &lines)
{
    lines.push_back(step("planned", stamp_in(said, "first_event"), due_words(said), who));
    const rapidjson::Value &lateness = member(said, "lateness_ns");
    if (const std::string start = stamp_in(said, "start"); !start.empty())
        lines.push_back(step("ran", start,
                             lateness.IsInt64() && said.HasMember("end")
                                 ? human_duration(lateness.GetInt64()) + " after it was due"
                                 : "",
                             who));
    const std::string outcome = text_member(said, "outcome");
    if (outcome == "planned" || outcome == "running") {
        lines.push_back(step(outcome == "running" ? "runs" : "waits", "", "has not ended yet", who));
        return;
    }
    std::string what = printable(outcome);
    if (const std::string message = text_member(said, "message"); !message.empty())
        what += ": " + printable(message);
    if (const std::uint64_t count = number_member(said, "count"); count > 1)
        what += ", " + counted(count, "run") + " to " + stamp_in(said, "last_event");
    lines.push_back(step("ended", stamp_in(said, "end"), what, who));
}

void add_spool(const rapidjson::Value &said, std::vector<std::string> &lines)
{
    const std::string outcome = text_member(said, "outcome");
    if (outcome == "planned")
        return;
    lines.push_back(step("rows", "",
                         counted(number_member(said, "rows"), "row") +
                             (number_member(said, "rows_dropped") > 0
                                  ? ", " + std::to_string(number_member(said, "rows_dropped")) + " dropped"
                                  : ""),
                         "agent"));
    for (const rapidjson::Value &waiting : list_member(said, "waiting")) {
        const std::string refused = text_member(waiting, "refused");
        lines.push_back(step(refused.empty() ? "spooled" : "set aside", "",
                             counted(number_member(waiting, "parts"), "part") + " with " +
                                 counted(number_member(waiting, "rows"), "row") + " for " +
                                 printable(text_member(waiting, "collector")) +
                                 (refused.empty() ? "" : ": " + printable(refused)),
                             "agent"));
    }
    if (outcome == "running")
        return;
    if (const std::string acknowledged = stamp_in(said, "acknowledged"); !acknowledged.empty())
        lines.push_back(step("acknowledged", acknowledged, "", "agent"));
    else if (flag_member(said, "reported"))
        lines.push_back(
            step("spooled", "",
                 flag_member(said, "handed") ? "its outcome is handed to a report" : "its outcome waits for a report",
                 "agent"));
    else
        lines.push_back(step("kept", "", "its outcome is for no collector", "agent"));
}

void add_stored(const rapidjson::Value &said, std::vector<std::string> &lines)
{
    if (const std::uint64_t parts = number_member(said, "parts"); parts > 0)
        lines.push_back(step("stored", stamp_in(said, "rows_stored"),
                             counted(number_member(said, "rows"), "row") + " in " + counted(parts, "part") +
                                 (flag_member(said, "whole") ? "" : "; the last one is not here"),
                             "collector"));
    if (const std::string stored = stamp_in(said, "outcome_stored"); !stored.empty())
        lines.push_back(step("stored", stored, "its outcome", "collector"));
}

} // namespace

TraceRun &run_in(std::vector<TraceRun> &runs, const rapidjson::Value &said, const std::string &agent)
{
    const std::string run = text_member(said, "run"), action = text_member(said, "action");
    for (TraceRun &known : runs)
        if (known.run == run && known.action == action && known.agent == agent)
            return known;
    TraceRun &made = runs.emplace_back();
    made.agent = agent;
    made.run = run;
    made.action = action;
    return made;
}

std::vector<std::string> trace_lines(const TraceRun &run)
{
    const bool here = run.at_agent.IsObject();
    const rapidjson::Value &best = here ? run.at_agent : run.at_collector;
    std::vector<std::string> lines{"run " + run.run + " of " + printable(text_member(best, "schedule")) + "/" +
                                   printable(run.action) + ", agent " + run.agent};
    add_run(best, here ? "agent" : "collector", lines);
    if (here)
        add_spool(run.at_agent, lines);
    if (run.at_collector.IsObject())
        add_stored(run.at_collector, lines);
    return lines;
}

std::string trace_json(const TraceRun &run)
{
    rapidjson::Document whole(rapidjson::kObjectType);
    auto &memory = whole.GetAllocator();
    for (const auto &[name, text] :
         {std::pair("agent", &run.agent), std::pair("run", &run.run), std::pair("action", &run.action)})
        whole.AddMember(rapidjson::Value(name, memory), rapidjson::Value(*text, memory), memory);
    for (const auto &[name, said] :
         {std::pair("at_agent", &run.at_agent), std::pair("at_collector", &run.at_collector)}) {
        rapidjson::Value copy;
        copy.CopyFrom(*said, memory);
        whole.AddMember(rapidjson::Value(name, memory), copy, memory);
    }
    return json_line(whole);
}

} // namespace sonde::cli
