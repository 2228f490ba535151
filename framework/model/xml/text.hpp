#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// What the parser lets through and XML does not have.
namespace sonde::model::xml {

// "line 7"
std::string line_at(std::string_view text, std::size_t offset);

// Whether the text is UTF-8 of characters that YANG's strings have.
std::optional<Error> check_characters(std::string_view text);

// Whether each '&' begins a reference to a character that YANG's strings have.
std::optional<Error> check_references(std::string_view text);

bool is_blank(std::string_view text);
std::string_view trimmed(std::string_view text);

} // namespace sonde::model::xml
