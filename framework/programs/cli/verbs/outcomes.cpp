#include "base/nearest.hpp"
#include "model/intent.hpp"
#include "programs/cli/agents.hpp"
#include "programs/cli/period.hpp"
#include "programs/cli/query.hpp"
#include "programs/cli/usage.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

struct OutcomesWords {
    ServerWords server;
    AnswerWords rows;
    PeriodWords period;
    std::vector<std::string> agents;
    std::string schedule;
    std::string outcome;
    std::uint64_t limit = 0;
    bool sums = false;
};

Result<void> check_outcome(const std::string &word)
{
    if (word.empty() || model::parse_outcome_word(word))
        return {};
    std::vector<std::string> words;
    std::string list;
    for (auto each = model::OutcomeWord::completed; each <= model::OutcomeWord::missed;
         each = static_cast<model::OutcomeWord>(static_cast<int>(each) + 1)) {
        words.emplace_back(to_string(each));
        list += (list.empty() ? "there are " : ", ") + words.back();
    }
    const auto near = nearest(word, words);
    return Error{"--outcome", "no run ends as '" + word + "'", near ? "did you mean '" + *near + "'?" : list};
}

Result<Parameters> outcomes_parameters(const OutcomesWords &words)
{
    Parameters parameters;
    if (const auto checked = check_outcome(words.outcome); !checked)
        return checked.error();
    if (!words.schedule.empty())
        parameters.emplace_back("schedule", words.schedule);
    if (!words.outcome.empty())
        parameters.emplace_back("outcome", words.outcome);
    if (words.limit > 0)
        parameters.emplace_back("limit", std::to_string(words.limit));
    if (auto added = add_period(parameters, words.period); !added)
        return added.error();
    return parameters;
}

// Nobody is to blame for what completed.
bool clear_blame(rapidjson::Document &outcome)
{
    const auto word = outcome.FindMember("outcome"), blame = outcome.FindMember("blame");
    if (word == outcome.MemberEnd() || blame == outcome.MemberEnd() || !word->value.IsString() ||
        word->value != to_string(model::OutcomeWord::completed))
        return false;
    blame->value.SetNull();
    return true;
}

int outcomes(Console &console, const OutcomesWords &words)
{
    auto parameters = outcomes_parameters(words);
    if (!parameters)
        return fail(console, parameters.error(), kUsage);
    auto server = ServerConnection::open(words.server, channel::Role::collector);
    if (!server)
        return fail(console, server.error());
    if (const auto failed = restrict_to_agents(*parameters, *server, words.agents))
        return fail(console, *failed);
    AnswerLook look{{}, true, words.sums ? nullptr : clear_blame};
    if (!words.sums)
        look.aside = {"run",   "action", "task", "blame",    "last_event",
                      "start", "end",    "sent", "received", "rows_dropped"};
    const std::string path = words.sums ? "/operator/outcome-sums" : "/operator/outcomes";
    const auto nothing = [&] {
        const bool schedule = !words.schedule.empty();
        return "no outcomes match" +
               (schedule ? meant(*server, "/operator/outcome-sums", {}, "schedule", words.schedule) : std::string());
    };
    return show_rows(console, *server, path, *parameters, words.rows, std::move(look), nothing);
}

} // namespace

Verb add_outcomes(CLI::App &sonde)
{
    const auto words = std::make_shared<OutcomesWords>();
    CLI::App *app = sonde.add_subcommand("outcomes", "Show how every planned run ended, and why");
    app->add_option("AGENT", words->agents, std::string(kAgentsHelp) + " (default: all)");
    app->add_flag("--sums", words->sums, "planned runs by schedule and outcome: planned is the sum of the others");
    app->add_option("--schedule", words->schedule, "only of this schedule");
    app->add_option("--outcome", words->outcome,
                    "completed, failed, suppressed, overlapped, not_met, refused, interrupted or missed");
    app->add_option("--limit", words->limit, "at most so many rows")->check(whole_number(1, 1'000'000'000));
    add_period_words(*app, words->period);
    add_server_words(*app, words->server, channel::Role::collector);
    add_answer_words(*app, words->rows);
    app->footer(examples({"sonde outcomes 6b1c0f8e --sums --last 1d", "sonde outcomes --outcome failed --last 2h"}) +
                "\n\nExit status 4: nothing matched, or the collector was not reached.");
    return {app, [words](Console &console) { return outcomes(console, *words); }};
}

} // namespace sonde::cli
