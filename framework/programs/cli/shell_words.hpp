#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sonde::cli {

// The words of a text as a shell would cut them: quotation marks hold together, variables and `*` stand for what they
// mean. Runs no command for that. Nothing where the text is none that a shell takes as words.
std::optional<std::vector<std::string>> shell_words(const std::string &text);

} // namespace sonde::cli
