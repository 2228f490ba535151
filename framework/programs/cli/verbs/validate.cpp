#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/check/findings.hpp"
#include "plugin_host/method_check.hpp"
#include "programs/cli/instruction_file.hpp"
#include "programs/cli/workbench.hpp"
#include "schedule/timing.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

struct ValidateWords {
    std::string file;
    std::vector<std::string> plugins;
};

// Against what the plugins in those directories declare.
int check_against(Console &console, const ValidateWords &words, const model::Instruction &instruction)
{
    auto bench = Workbench::make(words.plugins, "error");
    if (!bench)
        return fail(console, bench.error());
    const auto catalogue = (*bench)->catalogue(plugin_host::Catalogue::Probing::no);
    if (!catalogue)
        return fail(console, catalogue.error(), kNothingRan);
    const auto findings =
        plugin_host::check_methods(instruction, plugin_host::finder(*catalogue), plugin_host::Interfaces::of_others);
    for (const Error &warning : findings.warnings)
        console.say(printable("warning: " + words.file + ": " + to_string(warning)));
    for (const Error &task : findings.unknown)
        console.say(printable("warning: " + words.file + ": " +
                              to_string(Error{task.where, "is not checked: " + task.what, task.hint})));
    for (const Error &error : findings.errors)
        fail(console, {words.file + ": " + error.where, error.what, error.hint}, kUsage);
    return findings.errors.empty() ? kDone : kUsage;
}

// Whether anything of it lies ahead is a matter of today, not of the document.
void warn_of_the_past(Console &console, const std::string &file, const model::Instruction &instruction)
{
    for (const model::Event &event : instruction.events) {
        const schedule::Timing timing(event, Uuid{});
        if (timing.timed() && !timing.first_from(now().wall))
            console.say(printable("warning: " + file + ": " +
                                  to_string(Error{model::check::path_of("event", event.name),
                                                  "triggers no more: its last time is past", ""})));
    }
}

int validate(Console &console, const ValidateWords &words)
{
    const auto [status, text, instruction] = read_instruction_file(console, words.file);
    if (status != kDone)
        return status;
    warn_of_the_past(console, words.file, instruction);
    if (!words.plugins.empty())
        if (const int against = check_against(console, words, instruction); against != kDone)
            return against;
    console.out(printable(words.file) + ": valid, " + std::to_string(instruction.tasks.size()) + " tasks, " +
                std::to_string(instruction.schedules.size()) + " schedules, " +
                std::to_string(instruction.events.size()) + " events\n");
    return kDone;
}

} // namespace

Verb add_validate(CLI::App &sonde)
{
    const auto words = std::make_shared<ValidateWords>();
    CLI::App *app =
        sonde.add_subcommand("validate", "Check an instruction (RFC 8194 in JSON or XML) and print every finding");
    app->add_option("FILE", words->file, "the instruction; - reads stdin")->required();
    app->add_option("--plugins", words->plugins,
                    "check options, tables and columns against what the plugins in this directory declare; may be "
                    "repeated")
        ->allow_extra_args(false);
    app->footer(
        examples({"sonde validate hourly.json", "sonde validate hourly.json --plugins /usr/lib/sonde/plugins"}) +
        "\n\nExit status: 0 valid, 2 not valid or not readable, 4 the plugins could not be looked at.");
    return {app, [words](Console &console) { return validate(console, *words); }};
}

} // namespace sonde::cli
