#pragma once

#include "schedule/oracle.hpp"
#include "schedule/world.hpp"

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace sonde::schedule::test {

// Random instructions, replacements, answers of constraints, clock steps, losses of the Controller, crashes at any
// moment and restarts, with the accounting held against the oracle after each step: planned runs are the sum of
// outcomes and of what is open, and none fires twice.
class Simulation {
public:
    // A number below what it is given.
    using Pick = std::function<std::uint64_t(std::uint64_t below)>;

    // `seed` is for the engine's own draws.
    Simulation(std::uint64_t seed, Pick pick);
    Simulation(const Simulation &) = delete;
    Simulation &operator=(const Simulation &) = delete;

    void step();
    // Everything is withdrawn, and nothing is left.
    void finish();

    const World &world() const { return world_; }

private:
    void act();
    void replace();
    void replace_twice();
    void restart(std::chrono::nanoseconds down, bool replaced = false);
    void replace_while_down();
    void start();
    void hear();
    bool is_controller_silent() const;
    void check_controller();
    void check();
    void check_started();

    std::chrono::nanoseconds random_time(std::chrono::nanoseconds most);
    std::uint64_t random_values(unsigned below, unsigned most);
    model::Event random_event(const std::string &name);
    model::Schedule random_schedule(const char *name);
    model::Suppression random_suppression(const std::string &name, const std::string &match);
    model::Instruction random_instruction();
    model::Instruction changed(model::Instruction instruction);

    Pick pick_;
    World world_;
    Oracle oracle_{world_.agent};
    model::Instruction instruction_;
    std::size_t seen_ = 0;
    std::size_t heard_ = 0;
    MonotonicTime contacted_{}; // or started
    bool lost_ = false;
    std::set<std::tuple<std::string, std::uint64_t, WallTime, std::size_t>> fired_;
};

} // namespace sonde::schedule::test
