#pragma once

#include "base/clock.hpp"
#include "model/instruction.hpp"
#include "schedule/zone.hpp"

#include <rapidjson/document.h>

#include <optional>
#include <string>
#include <vector>

// What somebody who is not at an agent can say of its schedule: by what the controller knows.
namespace sonde::cli {

struct AfarQuestion {
    std::string schedule;
    std::optional<WallTime> from{}; // about that time; else about now
    std::optional<WallTime> to{};
    WallTime now;
    sonde::schedule::Zone zone{}; // taken for the agent's, where the instruction names no offset
};

// Sentences on whether the schedule is in force, why there may be no outcome yet, and what is next. `agent` is the
// controller's row; `instruction` what is set for it, absent: none. `failures` are the controller's rows of it, the
// newest first.
std::vector<std::string> afar_sentences(const AfarQuestion &question, const rapidjson::Value &agent,
                                        const std::optional<model::Instruction> &instruction,
                                        const std::vector<rapidjson::Document> &failures);

} // namespace sonde::cli
