#include "model/instruction_json.hpp"
#include "model/limits.hpp"
#include "programs/cli/file.hpp"
#include "programs/cli/verb.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

int validate(Console &console, const std::string &file)
{
    const Result<std::string> text = read_file(file, model::kInstructionBytesMax);
    if (!text)
        return fail(console, text.error(), input_status(text.error()));
    const auto reading = model::read_instruction(*text);
    for (const Error &warning : reading.warnings)
        console.say(printable("warning: " + file + ": " + to_string(warning)));
    for (Error error : reading.errors) {
        error.where = error.where.empty() ? file : file + ": " + error.where;
        fail(console, error, kUsage);
    }
    if (!reading)
        return kUsage;
    console.out(printable(file) + ": valid, " + std::to_string(reading->tasks.size()) + " tasks, " +
                std::to_string(reading->schedules.size()) + " schedules, " + std::to_string(reading->events.size()) +
                " events\n");
    return kDone;
}

} // namespace

Verb add_validate(CLI::App &sonde)
{
    const auto file = std::make_shared<std::string>();
    CLI::App *app = sonde.add_subcommand("validate", "Check an instruction (RFC 8194 in JSON) and print every finding");
    app->add_option("FILE", *file, "the instruction; - reads stdin")->required();
    app->footer(examples({"sonde validate hourly.json"}) + "\n\nExit status: 0 valid, 2 not valid or not readable.");
    return {app, [file](Console &console) { return validate(console, *file); }};
}

} // namespace sonde::cli
