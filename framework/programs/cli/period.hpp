#pragma once

#include "programs/cli/server.hpp"

namespace sonde::cli {

// Which times a query is about.
struct PeriodWords {
    std::string last; // 2h
    std::string from; // RFC 3339
    std::string to;
};

void add_period_words(CLI::App &app, PeriodWords &words);

// Adds `from` and `to` to a query's parameters.
Result<void> add_period(Parameters &parameters, const PeriodWords &words);

} // namespace sonde::cli
