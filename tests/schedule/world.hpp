#pragma once

#include "schedule/engine.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <source_location>
#include <string>
#include <vector>

// Carries out an engine's decisions on a simulated clock, with a spool in memory that survives crashes.
namespace sonde::schedule::test {

using namespace std::chrono_literals;

// Throws if it does not hold: this serves Catch's tests and a fuzzer alike.
void must(bool holds, std::source_location where = std::source_location::current());

inline constexpr WallTime kMonday{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

model::Event periodic(const std::string &name, std::chrono::seconds interval, std::chrono::seconds spread = 0s,
                      std::optional<WallTime> start = kMonday, std::optional<WallTime> end = std::nullopt);
model::Event event(const std::string &name, decltype(model::Event::type) type, std::chrono::seconds spread = 0s);
// Its actions are called a, b, c, ..., each with a task of the same name.
model::Schedule schedule_of(const std::string &name, const std::string &event, std::size_t actions = 1,
                            model::ExecutionMode mode = model::ExecutionMode::sequential);
model::Instruction instruction(std::vector<model::Event> events, std::vector<model::Schedule> schedules,
                               std::vector<model::Suppression> suppressions = {});
// It matches the tag `quiet`.
model::Suppression suppression(const std::string &name, std::optional<std::string> start,
                               std::optional<std::string> end, bool stop_running = false);

struct Started {
    model::Intent intent;
    std::size_t action;
    WallTime at;
    MonotonicTime monotonic;
    MonotonicTime due;
    std::string task;
};

struct Checked {
    Uuid intent;
    std::uint32_t attempt;
    MonotonicTime at;
};

// All processes have died; the caller calls crash().
struct Killed {};

class World {
public:
    explicit World(WallTime wall = kMonday, std::uint64_t seed = 1);

    // The agent's, by which events without a start differ.
    Uuid agent;
    // How long an action runs, and how long a commit takes.
    std::function<std::chrono::nanoseconds()> duration = [] { return 0ns; };
    std::chrono::nanoseconds commit_time{0};
    // How long an action that is to stop goes on, to end in order.
    std::chrono::nanoseconds stop_time{0};
    // How an action that starts ends; one that is refused ends at once.
    std::function<model::OutcomeWord(const Start &)> judge = [](const Start &) {
        return model::OutcomeWord::completed;
    };
    // How fast the wall clock runs beside the monotonic one: a clock that is slewed.
    double wall_rate = 1;
    // Why constraints are not met, or empty, and how long a look at them takes.
    std::function<std::string()> not_met = [] { return ""; };
    std::chrono::nanoseconds check_time{0};
    // How long before it is due what will start is started.
    std::chrono::nanoseconds ahead{0};
    // Asked between any two things that are done; what is durable by then stays. Not before a start or a new
    // instruction is durable: that is as if it had not been.
    std::function<bool()> dies;

    // Several answers may become durable as one change, as the agent does it; nothing dies between.
    void hold() { holding_ = true; }
    void release();

    void start(const model::Instruction &instruction);
    void replace(const model::Instruction &instruction);
    // All processes die; `down` later the caller starts the agent again.
    void crash(std::chrono::nanoseconds down = 0ns);
    void set_clock(std::chrono::nanoseconds by);
    // And until what was started ahead is due.
    void run_for(std::chrono::nanoseconds time);
    void stand_still(std::chrono::nanoseconds time) { pass(time); }
    void advance() { carry_out(engine->advance(now)); }
    // A Controller answers.
    void contact() { carry_out(engine->contact(now)); }

    // Sum of the outcomes' counts, by schedule and word; both may be left out.
    std::uint64_t count(const std::string &schedule = "", std::optional<model::OutcomeWord> word = std::nullopt) const;
    std::size_t open_intents() const { return intents.size(); }

    Now now;
    std::mt19937_64 random;
    std::unique_ptr<Engine> engine;
    // What is durable.
    std::map<Uuid, SavedIntent> intents;
    std::map<std::string, Progress> progress;
    std::map<std::string, SuppressionProgress> suppressions;
    bool controller_lost = false;
    std::optional<WallTime> last_alive;
    std::vector<model::Outcome> outcomes;
    // What happened.
    std::vector<Started> started;
    std::vector<Stop> stopped;
    std::vector<Checked> checks;
    std::vector<KeepController> controller; // each loss and return
    std::vector<std::string> remarks;
    std::vector<std::string> counts_forgotten; // of schedules
    std::map<std::pair<std::string, model::OutcomeWord>, std::uint64_t> prevented;
    Zone zone;
    std::size_t planned = 0;
    std::size_t wakeups = 0;

private:
    struct Ending {
        Uuid intent;
        std::size_t action;
        Uuid run;
        model::OutcomeWord word = model::OutcomeWord::completed;
    };

    void carry_out(const Decisions &decisions, bool dies_before = true);
    void perhaps_die() const;
    void act(const Decisions &decisions);
    void note_reach(const Decisions &decisions);
    void tell_planned();
    void commit(const Decisions &decisions);
    void mark_ended(const model::Outcome &outcome);
    void begin(const Start &start);
    void look(const Check &check);
    void stop(const Stop &stop);
    void end(const Ending &ending);
    void pass(std::chrono::nanoseconds time);
    std::chrono::nanoseconds until(WallTime wall) const;

    MonotonicTime started_until_{}; // what was started is due by then
    bool holding_ = false;
    bool telling_ = false;
    Decisions held_; // decided and not durable yet
    std::multimap<MonotonicTime, Ending> endings_;
    std::multimap<MonotonicTime, Uuid> commits_;
    std::multimap<MonotonicTime, Uuid> answers_; // of looks at constraints that are under way
};

} // namespace sonde::schedule::test
