#pragma once

#include "model/instruction.hpp"
#include "store/controller_state.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sonde::controller {

// What triggers by the clock, each time as the instruction alone tells it, and has to be accounted for.
struct Regular {
    model::Event event;
    std::uint64_t actions = 0;  // whose outcomes a collector is to hear of
    std::chrono::seconds gap;   // the longest between two triggers
    std::chrono::seconds late;  // after a trigger, until an agent that counts no outcome of it is behind
    std::chrono::seconds heard; // after a trigger, until an agent that knows nothing of it is behind
    bool open = false;          // nothing bounds a run, so that one may be under way at any time
};

// What an instruction lets its agent owe.
struct Patience {
    // How long an outcome may wait at most: two periods of the slowest regular report, and what spreads and retries may
    // take before the run begins. Nothing where no report comes by the clock.
    std::optional<std::chrono::seconds> wait;
    std::vector<Regular> regular;
};

Patience patience_of(const model::Instruction &instruction);

// Whether an agent that polls leaves outcomes waiting for longer than its instruction explains, or has counted fewer
// triggers, or fewer of what must be over, than the instruction has planned. False where it does not say. Pure.
bool is_silent(const Patience &patience, const store::AgentRecord &agent);

// What an instruction's text says of it; of one that cannot be read nothing.
Patience patience_of_text(const std::string &text);

// The same by the texts of instructions, each of which is `judged` once for as long as it is known by its hash.
class Silences {
public:
    using Judge = std::function<Patience(const std::string &text)>;

    explicit Silences(Judge judged = patience_of_text) : judged_(std::move(judged)) {}

    bool include(const store::AgentRecord &agent);

private:
    using Hash = std::array<unsigned char, 32>; // SHA-256

    const Patience &patience_of(const std::string &text);

    Judge judged_;
    std::map<Hash, Patience> known_;
};

} // namespace sonde::controller
