#pragma once

#include "base/clock.hpp"
#include "model/instruction.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace sonde::controller {

// How long an outcome may wait at most by an instruction before its agent counts as silent: two periods of its slowest
// regular report, and what spreads and retries may take before the run begins. Nothing where no report comes by the
// clock.
std::optional<std::chrono::seconds> longest_silence(const model::Instruction &instruction, WallTime now);

// The same of instructions as texts: those of a fleet are few.
class Silences {
public:
    // Nothing of a text that is no instruction.
    std::optional<std::chrono::seconds> longest(const std::string &text);

private:
    std::map<std::string, std::optional<std::chrono::seconds>> known_;
};

} // namespace sonde::controller
