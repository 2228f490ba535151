#pragma once

#include "base/result.hpp"
#include "programs/cli/console.hpp"

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sonde::cli {

// What the command's exit status tells a script.
enum ExitStatus {
    kDone = 0,
    kTargetFailed = 1, // it ran, and the target failed
    kUsage = 2,        // usage or bad input
    kRefused = 3,      // by policy, certificate or permission
    kNothingRan = 4,   // a daemon or server was not reached, or nothing matched
};

// An error and the exit status that it means.
struct Failure {
    Error error;
    ExitStatus status = kNothingRan;
};

// One verb of the command line: what the parser knows of it, and what it does once its words are parsed.
struct Verb {
    CLI::App *app;
    std::function<int(Console &)> run;
};

// Each verb has a file of its own, which adds its words to the parser and returns what they do.
Verb add_run(CLI::App &sonde);
Verb add_new(CLI::App &sonde);
Verb add_describe(CLI::App &sonde);
Verb add_plugins(CLI::App &sonde);
Verb add_doctor(CLI::App &sonde);
Verb add_check(CLI::App &sonde);
Verb add_sign(CLI::App &sonde);
Verb add_validate(CLI::App &sonde);
Verb add_plan(CLI::App &sonde);
Verb add_convert(CLI::App &sonde);
Verb add_status(CLI::App &sonde);
Verb add_why(CLI::App &sonde);
Verb add_trace(CLI::App &sonde);
Verb add_ca(CLI::App &sonde);
Verb add_instruct(CLI::App &sonde);
Verb add_agents(CLI::App &sonde);
Verb add_results(CLI::App &sonde);
Verb add_outcomes(CLI::App &sonde);

// "error: where: what; hint" on stderr; returns `status`.
int fail(Console &console, const Error &error, ExitStatus status);
int fail(Console &console, const Failure &failure);

// The status of an error about a file or another input: kRefused if the system does not permit it, else kUsage.
ExitStatus input_status(const Error &error);

// Text that --help shows below a verb's options.
std::string examples(const std::vector<std::string> &lines);

} // namespace sonde::cli
