#pragma once

#include "channel/serve.hpp"

namespace sonde::channel {

// A server program of the two channels, beside what it serves: its command line, its log, its exit status.
struct Program {
    Role role; // what it serves as; its name is "sonde-" and this
    std::string version;
    std::string purpose;  // one sentence
    std::string footer;   // of --help
    std::string database; // what the file is for
    // Opens the database and says what is served from it.
    std::function<Result<Service>(const std::filesystem::path &database, Log &log)> open;
};

// The program's main: 0 after a signal ended it, 2 for bad usage, 4 when it could not serve.
int run_program(const Program &program, int argc, char **argv);

} // namespace sonde::channel
