#pragma once

#include "programs/cli/server.hpp"

namespace sonde::cli {

// Which times a query is about.
struct PeriodWords {
    std::string last; // 2h
    std::string at;   // a moment, as parse_moment takes it
    std::string from;
    std::string to;
};

void add_period_words(CLI::App &app, PeriodWords &words);

// Adds `from` and `to` to a query's parameters. An error's `where` is the option.
Result<void> add_period(Parameters &parameters, const PeriodWords &words);

} // namespace sonde::cli
