#pragma once

#include "programs/cli/check/judgement.hpp"

#include <string>
#include <vector>

// A conformance report for programs.
namespace sonde::cli {

// One object and a newline.
std::string check_json(const CheckRule &rule);
std::string check_json(const Judgement &judgement);
// The object that stands behind all judgements.
std::string check_json(const CheckReport &report);

// The whole report as one test suite of JUnit's XML: a rule is a test case, and an exception or a reason why a rule was
// skipped is its message.
std::string check_junit(const CheckReport &report);

} // namespace sonde::cli
