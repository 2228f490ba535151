#pragma once

#include "base/result.hpp"

namespace CLI {
class App;
class ParseError;
} // namespace CLI

namespace sonde::cli {

// What a person got wrong in the words that the parser did not take, and what would be right.
Error usage_error(const CLI::App &sonde, const CLI::ParseError &error);

} // namespace sonde::cli
