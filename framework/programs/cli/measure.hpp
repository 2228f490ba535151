#pragma once

#include "programs/cli/console.hpp"
#include "programs/cli/row_printer.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace sonde::cli {

// What `sonde run` is asked to do.
struct Measurement {
    std::string method; // METHOD, FILE.so or FILE.so:METHOD
    std::vector<std::string> words;
    std::vector<std::string> plugins;                 // directories; empty: the usual ones
    std::optional<std::chrono::nanoseconds> deadline; // of each run
    unsigned repeat = 1;
    std::vector<std::string> inputs;     // "METHOD name=value ...": run first, once, for their rows
    std::vector<std::string> parameters; // NAME=VALUE: what the method may know of the line
    bool trace = false;
    bool in_process = false;
    std::optional<std::string> under; // a tool's words, as for a shell
    RowChoice rows;
    bool verbose = false;
};

// Does it: prints the rows as they come, and how it ended on stderr. SIGINT or SIGTERM ends it in order. Returns the
// exit status.
int measure(Console &console, const Measurement &measurement);

} // namespace sonde::cli
