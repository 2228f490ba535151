#pragma once

#include "programs/cli/check/judgement.hpp"

#include <cstddef>
#include <string>

// A conformance report for a person.
namespace sonde::cli {

// What stands above the judgements: what the plugin calls itself, or its path.
std::string check_headline(const CheckReport &report);

// A judgement's lines: what was seen, and for what is not well why it matters and how to mend it. `width` is the
// terminal's; `verbose` shows all that the plugin has said. `page` is the file that says more of each rule, empty:
// none.
std::string check_lines(const Judgement &judgement, const std::string &page, std::size_t width, bool verbose);

// A rule's line in a list of rules.
std::string check_lines(const CheckRule &rule, std::size_t width);

} // namespace sonde::cli
