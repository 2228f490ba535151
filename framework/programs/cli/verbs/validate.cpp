#include "programs/cli/instruction_file.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

int validate(Console &console, const std::string &file)
{
    const auto [status, text, instruction] = read_instruction_file(console, file);
    if (status == kDone)
        console.out(printable(file) + ": valid, " + std::to_string(instruction.tasks.size()) + " tasks, " +
                    std::to_string(instruction.schedules.size()) + " schedules, " +
                    std::to_string(instruction.events.size()) + " events\n");
    return status;
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
