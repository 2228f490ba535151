#pragma once

#include "model/instruction.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::schedule {

// All that one schedule of an instruction needs: the schedule, the events that start and end it, and the task of each
// action.
// A run keeps its Work, so that a replaced instruction never changes what is already under way.
struct Work {
    model::Schedule schedule;
    std::shared_ptr<const model::Event> event; // one for all the schedules that it starts or ends
    std::vector<model::Task> tasks;            // tasks[i] belongs to schedule.actions[i]
    std::uint64_t fingerprint = 0; // of all here: equal if and only if (but for chance) the configuration is
    std::shared_ptr<const model::Event> end{};             // what schedule.end names
    std::map<std::string, model::Task> constraint_tasks{}; // those that its constraints name and that exist
};

// A suppression with its events.
struct Suppressing {
    model::Suppression suppression;
    std::optional<model::Event> start;
    std::optional<model::Event> end;
    std::uint64_t fingerprint = 0; // as Work's
};

// The schedules of an instruction that can run: those with actions and an event that exists. An action whose task does
// not exist gets an empty task of that name (validation refuses such an instruction beforehand).
std::vector<Work> works_of(const model::Instruction &instruction);

// The suppressions of an instruction, but those without `match`, which suppress nothing, and those whose start does not
// exist. One whose end does not exist has none (validation refuses such an instruction beforehand).
std::vector<Suppressing> suppressings_of(const model::Instruction &instruction);

// FNV-1a, 64 bits, over a canonical text of the configuration. It is stored in the spool, so it must not change when
// the software is updated: a leaf that is at its default adds nothing to the text, and a new leaf is added at its end.
std::uint64_t fingerprint_of(const Work &work);
std::uint64_t fingerprint_of(const Suppressing &suppressing);

} // namespace sonde::schedule
