#pragma once

#include "base/result.hpp"

#include <cstdint>

namespace CLI {
class App;
class ParseError;
class Validator;
} // namespace CLI

namespace sonde::cli {

// What a person got wrong in the words that the parser did not take, and what would be right.
Error usage_error(const CLI::App &sonde, const CLI::ParseError &error);

// For an option's check(): a whole number in these bounds.
CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);

} // namespace sonde::cli
