#include "programs/cli/answer_printer.hpp"
#include "programs/cli/doctor/agent_files.hpp"
#include "programs/cli/doctor/launching.hpp"
#include "programs/cli/doctor/machine.hpp"
#include "programs/cli/places.hpp"
#include "programs/cli/verb.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <memory>

namespace sonde::cli {

namespace {

constexpr std::size_t kCheckWidth = 18;
constexpr std::size_t kStateWidth = 8; // with what parts it from the rest

struct DoctorWords {
    std::string launcher = "/run/sonde/launcher.sock";
    std::string state = "/var/lib/sonde";
    std::string policy = "/etc/sonde/policy.json";
    std::vector<std::string> plugins;
    AnswerWords rows;
};

Result<Findings> examine(const DoctorWords &words)
{
    const Result<Places> places = find_places(words.plugins);
    if (!places)
        return places.error();
    Findings all{find_kernel()};
    const Launching launching = find_launching(words.launcher);
    all.insert(all.end(), launching.findings.begin(), launching.findings.end());
    all.insert(all.end(), {find_network_namespace(), find_ipv6(), find_kernel_timestamps(), find_synchronised_clock(),
                           find_state(words.state, launching.agent), find_policy(words.policy)});
    for (const std::filesystem::path &folder : places->plugins)
        all.push_back(find_plugins(folder, launching.launcher));
    return all;
}

const char *word_of(Finding::State state)
{
    switch (state) {
    case Finding::State::ok:
        return "ok";
    case Finding::State::missing:
        return "missing";
    case Finding::State::warning:
        return "warning";
    default:
        return "unknown";
    }
}

std::string row_of(const Finding &finding)
{
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
    const auto text = [&](const char *name, const std::string &value) {
        json.Key(name);
        if (value.empty())
            json.Null();
        else
            json.String(value);
    };
    json.StartObject();
    text("check", finding.check);
    text("state", word_of(finding.state));
    text("found", finding.found);
    text("means", finding.means);
    text("mend", finding.mend);
    json.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

void tell(Console &console, const Finding &finding)
{
    const std::string indent(kCheckWidth + 2 + kStateWidth, ' ');
    std::string check = finding.check;
    check.resize(std::max(check.size(), kCheckWidth), ' ');
    const std::size_t width = console.out_width();
    std::string state = word_of(finding.state);
    state.resize(kStateWidth, ' ');
    console.out(hanging(check + "  " + state, finding.found, width));
    if (!finding.means.empty())
        console.out(hanging(indent + "means  ", finding.means, width));
    if (!finding.mend.empty())
        console.out(hanging(indent + "mend   ", finding.mend, width));
}

int diagnose(Console &console, const DoctorWords &words)
{
    const Result<Findings> findings = examine(words);
    if (!findings)
        return fail(console, findings.error(), kNothingRan);
    AnswerPrinter printer(console, words.rows, {});
    const bool for_people = !words.rows.json && !words.rows.csv && words.rows.columns.empty();
    for (const Finding &finding : *findings) {
        if (for_people) {
            tell(console, finding);
            continue;
        }
        const Result<bool> shown = printer.add(row_of(finding));
        if (!shown)
            return fail(console, shown.error(), kUsage);
        if (!*shown)
            break;
    }
    if (const Result<void> ended = printer.end(); !ended)
        return fail(console, ended.error(), kUsage);
    const bool well = std::all_of(findings->begin(), findings->end(),
                                  [](const Finding &each) { return each.state == Finding::State::ok; });
    return well ? kDone : kTargetFailed;
}

} // namespace

Verb add_doctor(CLI::App &sonde)
{
    const auto words = std::make_shared<DoctorWords>();
    CLI::App *app = sonde.add_subcommand("doctor", "Say what this machine lacks of what an agent would like to have");
    app->add_option("--launcher", words->launcher, "socket of sonde-launcher")->capture_default_str();
    app->add_option("--state", words->state, "the agent's folder of what it must not forget")->capture_default_str();
    app->add_option("--policy", words->policy, "the line owner's limits")->capture_default_str();
    app->add_option("--plugins", words->plugins, "folder of plugins; may be repeated")->allow_extra_args(false);
    add_answer_words(*app, words->rows);
    app->footer(
        examples({"sonde doctor", "sonde doctor --json | jq 'select(.state == \"missing\")'"}) +
        "\n\nWhat confines a plugin is what the launcher's daemon has found when it started; where none answers, one\n"
        "is started to try it, as this user. What this user may not look at is unknown.\n"
        "Exit status: 0 all is well, 1 something is missing, unknown or a warning.");
    return {app, [words](Console &console) { return diagnose(console, *words); }};
}

} // namespace sonde::cli
