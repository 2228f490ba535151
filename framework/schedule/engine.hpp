#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/instruction.hpp"
#include "model/intent.hpp"
#include "schedule/decision.hpp"
#include "schedule/timing.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sonde::schedule {

// Uniform 64-bit numbers, for spreads and run identities.
using Random = std::function<std::uint64_t()>;

// When the engine must be asked again at the latest: whichever comes first. The wall-clock one moves when the clock is
// set, so wait for it on a timer that says so (timerfd with TFD_TIMER_CANCEL_ON_SET).
struct Wakeup {
    std::optional<WallTime> wall;
    std::optional<MonotonicTime> monotonic;
};

// The one place that knows what should happen when, and what should have happened. Pure logic for one thread: it reads no
// clock and does no I/O; every call is handed Now and answers with decisions.
//
// Rules beyond RFC 8194's:
// - The next trigger of each schedule is always planned ahead; the one after it at the moment it triggers.
// - A trigger that is due while its schedule still runs is overlapped. Overlapped triggers are accounted for when that run
//   ends, as one range an action.
// - A trigger that is late by more than 10 s, or by more than its interval if that is shorter, is missed: the clock was
//   set forward, or the machine slept. Until then it starts late. One whose intent took so long to become durable starts
//   late, however late.
// - Immediate and startup triggers, and their spread, run on the monotonic clock: they wait as long as they should even
//   if the clock is set meanwhile, and are never missed while the agent lives.
// - A clock that is set back plans no trigger twice: the schedule waits until the clock has passed what was planned. If
//   that were more than a day, the clock was wrong before, and planning begins anew.
// - After a restart: what had started is interrupted; what was planned and is past is missed; what was planned and lies
//   ahead stays at its drawn time; what would have been planned meanwhile is missed.
// - Startup events fire at `start` alone. An instruction that arrives later has its startup events fire at the next start.
// - An instruction replaced: a schedule whose Work (itself, its event, its tasks) is equal is not touched. A changed one is
//   a removed one and a new one. A removed one's running actions are stopped, the actions after them are interrupted;
//   what triggered and still waits for its spread to pass is missed ("the instruction was replaced"); what was planned
//   ahead is withdrawn: the instruction in force at its time does not ask for it. So the planned triggers of an
//   instruction are exactly those in [its application, its replacement).
class Engine {
public:
    Engine(Uuid agent_id, Random random);

    // Begins, once, with the instruction in force (an empty one if there is none yet) and what the spool has kept.
    Decisions start(const model::Instruction &instruction, const Saved &saved, Now now);

    // A new instruction is in force.
    Decisions replace(const model::Instruction &instruction, Now now);

    // Time has passed, or the clock was set. Safe to call at any moment.
    Decisions advance(Now now);

    // This intent is durable.
    Decisions planned(const Uuid &intent, Now now);

    // This action (its index) of this run has ended and its outcome is accounted for by the caller.
    Decisions action_ended(const Uuid &run, std::size_t action, Now now);

    Wakeup next_wakeup() const;

    // What is planned and has not started, by due time; what runs.
    std::vector<model::Intent> pending() const;
    std::vector<model::Intent> running() const;

private:
    struct Tally {
        std::vector<Uuid> intents;
        WallTime first{};
        WallTime last{};
        std::uint64_t count = 0;

        void add(const Triggers &triggers);
        void add(const model::Intent &intent);
    };
    // A schedule in force.
    struct Instance {
        std::shared_ptr<const Work> work;
        Timing timing;
        WallTime next_from{};       // no trigger before this is still to be planned
        bool fresh = true;          // nothing of it has been planned, by this process or an earlier one
        bool waits_for_clock = false;
        std::optional<WallTime> head; // the trigger that is planned ahead
        std::optional<Uuid> run;
        Tally overlapped;
    };
    struct Pending {
        model::Intent intent;
        std::optional<MonotonicTime> due; // of immediate and startup triggers
        bool durable = false;
        bool is_due = false;
    };
    struct Run {
        model::Intent intent;
        std::shared_ptr<const Work> work;
        std::size_t next = 0; // the first action that has not been started
        std::set<std::size_t> active;
        bool detached = false; // its schedule has been replaced
    };

    void restore(const Saved &saved, Now now, Decisions &out);
    void add(std::shared_ptr<const Work> work, Now now, Decisions &out);
    void remove(const std::string &schedule, Now now, Decisions &out);
    void fire(Instance &instance, Now now, Decisions &out);
    void plan_ahead(Instance &instance, WallTime punctual, Now now, Tally &missed, Decisions &out);
    void plan(Instance &instance, WallTime event, bool on_monotonic, Now now, Decisions &out);
    void clock_set_back(Instance &instance, Now now, Decisions &out);
    void due(const Uuid &intent, Now now, Decisions &out);
    void begin(Instance &instance, const model::Intent &intent, MonotonicTime due, Now now, Decisions &out);
    void start_actions(Run &run, MonotonicTime due, bool opens, Decisions &out);
    Account account(const Work &work, const Tally &tally, model::OutcomeWord word, model::Blame blame,
                    const std::string &message);
    void forget(const Uuid &intent);
    Uuid draw_uuid();
    std::chrono::nanoseconds draw_spread(const model::Event &event);

    Uuid agent_id_;
    Random random_;
    std::map<std::string, Instance> instances_;
    std::map<Uuid, Pending> pending_;
    std::map<Uuid, Run> runs_;
    std::set<std::pair<WallTime, Uuid>> wall_dues_;
    std::set<std::pair<MonotonicTime, Uuid>> monotonic_dues_;
    std::set<std::pair<WallTime, std::string>> heads_;
    std::set<std::string> clockless_;
    std::optional<Now> last_;
};

} // namespace sonde::schedule
