#include "programs/cli/agent_link.hpp"
#include "programs/cli/answer_member.hpp"
#include "programs/cli/answer_printer.hpp"
#include "programs/cli/human.hpp"
#include "programs/cli/verb.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>
#include <span>

namespace sonde::cli {

namespace {

struct StatusWords {
    std::string agent = kAgentSocket;
    bool json = false;
    bool state = false;
};

std::string shown_time(const rapidjson::Value &object, const char *name)
{
    return human_stamp(printable(text_member(object, name)));
}

std::string source_line(const rapidjson::Document &said)
{
    const rapidjson::Value &source = member(said, "source");
    const std::string name = printable(text_member(source, "name"));
    if (!flag_member(source, "controller"))
        return "follows " + name + ", without a controller";
    std::string line = "controller " + name;
    if (flag_member(source, "reached"))
        return line + ", reached; last answer " + shown_time(source, "answered");
    line += flag_member(source, "lost") ? ", lost" : ", not reached";
    const std::string answered = shown_time(source, "answered");
    return line + (answered.empty() ? "; no answer since the start" : "; last answer " + answered);
}

std::string instruction_line(const rapidjson::Document &said)
{
    const rapidjson::Value &instruction = member(said, "instruction");
    if (!instruction.IsObject())
        return "no instruction yet";
    const std::string etag = printable(text_member(instruction, "etag"));
    std::string line = "instruction " + (etag.empty() ? "" : etag + " ") + "since " + shown_time(instruction, "since");
    if (instruction.HasMember("refused"))
        line += "; a newer one was refused: " + printable(text_member(instruction, "refused"));
    return line;
}

std::string today_line(const rapidjson::Document &said)
{
    const rapidjson::Value &today = member(said, "today");
    std::string line = "today (UTC) " + human_bytes(number_member(today, "used_bytes")) + " of " +
                       human_bytes(number_member(today, "allowed_bytes")) + " that the owner allows";
    if (today.HasMember("instructed_bytes"))
        line += ", " + human_bytes(number_member(today, "instructed_bytes")) + " by the instruction";
    if (const std::uint64_t promised = number_member(today, "promised_bytes"); promised > 0)
        line += "; what runs may still take " + human_bytes(promised);
    if (const std::string refused = text_member(today, "refused"); !refused.empty())
        line += "; nothing may run: " + printable(refused);
    return line;
}

std::string spool_line(const rapidjson::Document &said)
{
    const rapidjson::Value &spool = member(said, "spool");
    std::string line = "spool " + human_bytes(number_member(spool, "used_bytes")) + " of " +
                       human_bytes(number_member(spool, "max_bytes"));
    if (list_member(said, "waiting").Empty())
        line += "; nothing waits for a collector";
    for (const auto &[name, words] : {std::pair("set_aside", " results refused by their collector"),
                                      std::pair("failures_waiting", " failures not told yet"),
                                      std::pair("dropped_rows", " rows dropped because it was full"),
                                      std::pair("dropped_outcomes", " outcomes dropped because it was full")})
        if (const std::uint64_t number = number_member(spool, name); number > 0)
            line += "; " + std::to_string(number) + words;
    return line;
}

// A list of rows below a title, without the columns put aside and those that are lists; what there is not is said.
int show_list(Console &console, const rapidjson::Document &said, const char *list, const std::string &title,
              const std::string &nothing, std::span<const char *const> aside = {})
{
    const auto rows = list_member(said, list);
    if (rows.Empty()) {
        if (!nothing.empty())
            console.out("\n" + nothing + "\n");
        return kDone;
    }
    console.out("\n" + console.bold(title) + "\n");
    std::vector<std::string> lines;
    for (const rapidjson::Value &row : rows) {
        rapidjson::Document shown;
        shown.CopyFrom(row, shown.GetAllocator());
        for (const char *name : aside)
            shown.RemoveMember(name);
        lines.push_back(json_line(shown));
    }
    const auto printed = print_rows(console, {}, lines);
    return printed ? kDone : fail(console, printed.error(), kNothingRan);
}

int status(Console &console, const StatusWords &words)
{
    const auto answer = ask_agent(words.agent, words.state ? R"({"ask":"state"})" : R"({"ask":"status"})");
    if (const auto *failed = std::get_if<Failure>(&answer))
        return fail(console, *failed);
    const auto &said = std::get<rapidjson::Document>(answer);
    if (words.json || words.state) {
        console.out(json_line(said) + '\n');
        return kDone;
    }
    console.out("agent " + printable(text_member(said, "agent")) + ", started " + shown_time(said, "started") +
                ", local time is that of " + printable(text_member(said, "zone")) + "\n");
    for (const std::string &line : {source_line(said), instruction_line(said), today_line(said), spool_line(said)})
        console.out(wrapped(line, console.out_width(), 2) + "\n");
    const char *const counted[] = {"actions"};
    for (const auto &[list, title, nothing] :
         {std::tuple("running", "runs now", "nothing runs now"), std::tuple("next", "next", "nothing is planned"),
          std::tuple("suppressions", "suppressions", ""),
          std::tuple("schedules", "schedules, since the agent was set up", ""),
          std::tuple("waiting", "waits for a collector, or to be a run's input", ""),
          std::tuple("findings", "the instruction asks of methods what they do not have", "")})
        if (const int shown = show_list(console, said, list, title, nothing, counted); shown != kDone)
            return shown;
    return kDone;
}

} // namespace

Verb add_status(CLI::App &sonde)
{
    const auto words = std::make_shared<StatusWords>();
    CLI::App *app = sonde.add_subcommand("status", "Show what the agent on this machine does, and what is next");
    app->add_option("--agent", words->agent,
                    std::string("ask the agent that answers at this socket (default: ") + kAgentSocket + ")");
    CLI::Option *json =
        app->add_flag("--json", words->json, "all of it as one JSON object, with the counters of each action");
    app->add_flag("--state", words->state, "all of it as RFC 8194 has it: the data of ietf-lmap-control in JSON")
        ->excludes(json);
    app->footer(
        examples({"sonde status", "sonde status --json | jq .today", "sonde status --state > state.json"}) +
        "\n\nA schedule's counters are RFC 8194's: suppressed and overlapped triggers are no invocations, and a\n"
        "failure is an invocation of which an action failed, was refused or was interrupted.\n"
        "Exit status: 3 the agent does not answer this user, 4 no agent was reached.");
    return {app, [words](Console &console) { return status(console, *words); }};
}

} // namespace sonde::cli
