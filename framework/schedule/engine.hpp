#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/instruction.hpp"
#include "model/intent.hpp"
#include "schedule/decision.hpp"
#include "schedule/outlook.hpp"
#include "schedule/random.hpp"
#include "schedule/signal.hpp"
#include "schedule/state.hpp"
#include "schedule/suppressor.hpp"
#include "schedule/tally.hpp"
#include "schedule/timing.hpp"

#include <boost/intrusive/set.hpp>
#include <boost/unordered_map.hpp>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace sonde::schedule {

// The one place that knows what should happen when, and what should have happened. Pure logic for one thread: it reads
// no clock and does no I/O; every call is handed Now and answers with decisions.
//
// Rules beyond RFC 8194's:
// - The next trigger of each schedule is always planned ahead; the one after it at the moment it triggers.
// - A trigger that is due while its schedule still runs is overlapped. Overlapped triggers are accounted for when that
//   run ends, as one range an action; of a long run before that, too: every ten minutes, or a hundred triggers.
// - A trigger that is late by more than 10 s, or by more than its interval if that is shorter, is missed: the clock was
//   set forward, or the machine slept. Until then it starts late. One whose intent took so long to become durable
//   starts late, however late.
// - Immediate and startup triggers, and their spread, run on the monotonic clock: they wait as long as they should even
//   if the clock is set meanwhile, and are never missed while the agent lives.
// - A clock that is set back plans no trigger twice: the schedule waits until the clock has passed what was planned. If
//   that were more than a day, the clock was wrong before, and planning begins anew.
// - While the clock has not been set since the machine booted (kClockIsSet), only immediate and startup events fire.
// - After a restart: what had started is interrupted; what was planned and is past is missed; what was planned and lies
//   ahead stays at its drawn time; what would have been planned meanwhile is missed. By another instruction than
//   before, what has triggered is missed, and of what lay ahead only what is past by now; the rest of it is withdrawn.
// - A calendar is read in the zone that the engine was given, unless it has an offset. Local times that daylight saving
//   skips trigger nothing, those that it repeats trigger twice; a Remark says so beforehand.
// - controller-lost triggers when no Controller has answered for controller-timeout since the last that did, or since
// the
//   start; controller-connected at the first answer after that. They run on the monotonic clock as immediate ones do,
//   and what was lost when the agent ended is lost when it starts. A timeout below 3 s counts as 3 s, as an agent asks
//   its Controller once a second at most.
// - A run whose end event has triggered since it was due (of one that is no time of the clock: whose spread ends then),
// or has lasted for its `duration`, is stopped: its running
//   actions end as their methods do, the actions after them are interrupted. An end that passes while the agent is down
//   needs nothing: the run is interrupted anyway. An immediate one triggers once for each configuration, and where its
//   spread has not ended when the agent does, it ends no later run.
// - A trigger with constraints is checked when it is due, and again retries.delay (on the monotonic clock) after each
//   answer that they are not met, retries.max times; then all its actions are not met. Meanwhile its schedule runs:
//   later triggers are overlapped. A suppression of the schedule that begins meanwhile suppresses the trigger, and its
//   end event ends the waiting: it is not met if an answer said so, else interrupted. The duration begins with the
//   actions. A new instruction without it, and a restart, miss it.
// - A trigger whose schedule's tags match an active suppression when it is due is suppressed, also if the schedule
// runs;
//   an action whose own tags match one when it is its turn is suppressed, and the next one has its turn. A suppression
//   begins and ends before what is due at the same instant. With `stop-running` its beginning stops the running actions
//   of the schedules that match, and the actions that match.
// - Startup events fire at `start` alone. An instruction that arrives later has its startup events fire at the next
// start.
// - A one-off event in the past when its instruction comes into force is missed.
// - An instruction replaced: a schedule whose Work (itself, its event, its tasks) is equal is not touched. A changed
// one is
//   a removed one and a new one. A removed one's running actions are stopped, the actions after them are interrupted;
//   what triggered and still waits for its spread to pass is missed ("the instruction was replaced"); what was planned
//   ahead is withdrawn: the instruction in force at its time does not ask for it. So the planned triggers of an
//   instruction are exactly those in [its application, its replacement).
// - The actions of a sequential or pipelined schedule start one after the other, also after one that failed; those of a
//   parallel one together.
class Engine {
public:
    // `zone`: where calendars without an offset are read.
    Engine(Uuid agent_id, Random random, Zone zone = Zone());

    // Begins, once, with the instruction in force (an empty one if there is none yet) and what the spool has kept.
    Decisions start(const model::Instruction &instruction, const Saved &saved, Now now);

    // A new instruction is in force.
    Decisions replace(const model::Instruction &instruction, Now now);

    // Time has passed, or the clock was set. May be called at any moment.
    Decisions advance(Now now);

    // The same, and starts what is due within `lead` (Start::due lies ahead then), so that it begins on time whatever
    // has to be done for it before. Only what will start when it is due by all that is known now: not where it has
    // constraints, its schedule runs or is suppressed, or a suppression begins or ends until then. What has been
    // started is a run from now on, whatever happens. No instruction may be replaced before the time of what was
    // started.
    Decisions advance_ahead(std::chrono::nanoseconds lead, Now now);

    // This intent is durable.
    Decisions planned(const Uuid &intent, Now now);

    // This action (its index) of this intent has ended, and the caller has accounted for it.
    Decisions action_ended(const Uuid &intent, std::size_t action, Now now);

    // Whether the constraints of this intent hold, and which does not, for a person: "line-idle 3.1 Mb/s > 0.5 Mb/s".
    // The answer to Check; one that nobody waits for changes nothing.
    Decisions checked(const Uuid &intent, bool met, const std::string &reason, Now now);

    // A Controller has answered.
    Decisions contact(Now now);

    Wakeup next_wakeup() const;

    // What is due within this time, as far as it is planned.
    Ahead ahead(std::chrono::nanoseconds time, Now now) const;

    // What is planned and neither started nor accounted for, by due time; and what runs.
    std::vector<model::Intent> pending() const;
    std::vector<model::Intent> running() const;

    State state() const;

private:
    using Intent = std::shared_ptr<const model::Intent>;
    // What has one is in the order of its time without a node of its own there, and leaves it by its own end.
    using Hook = boost::intrusive::set_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>,
                                                   boost::intrusive::optimize_size<true>>;
    struct Running;

    // A schedule in force.
    struct Instance {
        std::shared_ptr<const Work> work;
        std::shared_ptr<const Source> start; // one for all that the event starts or ends
        std::shared_ptr<const Source> end;   // the end event, which few have
        std::size_t place = 0;               // among all of them, by name
        bool fresh = true;                   // nothing of it has been planned, by this process or an earlier one
        WallTime next_from{};                // the triggers before this have an intent or an outcome
        std::optional<WallTime> head;        // the trigger that is planned ahead
        std::vector<Uuid> pending;           // few, unless a spread is many times the interval
        Tally overlapped;
        Running *running = nullptr;
        std::optional<Signal> ends; // the end event's last trigger, of one that is no time of the clock
        Hook by_head;
    };
    struct Pending {
        Intent intent;
        Instance *of = nullptr;
        std::chrono::nanoseconds due{0}; // on the clock of its event: immediate and startup triggers have the monotonic
        bool durable = false;
        bool is_due = false; // and among the dues no more
        Hook by_due{};
    };
    // For the constraints.
    struct Waiting {
        std::uint32_t attempt = 0;
        std::string reason;                 // why the last one found them not met; empty: none has yet
        std::optional<MonotonicTime> again; // the next one; nothing: an answer is awaited
    };
    struct Running {
        Intent intent;
        Instance *of = nullptr; // nothing: its schedule is no longer in force
        std::shared_ptr<const Work> work;
        MonotonicTime due{};
        std::size_t next = 0; // the first action that has not been started
        std::vector<std::size_t> active;
        std::optional<Reason> rest; // no further action starts: what becomes of them
        std::optional<Signal> ends; // the trigger of its end event that ends it
        std::optional<MonotonicTime> until;
        std::optional<Waiting> waiting; // nothing has started
    };

    // By time, then by name.
    struct ByHead {
        bool operator()(const Instance &a, const Instance &b) const
        {
            return a.head != b.head ? a.head < b.head : a.place < b.place;
        }
    };
    // By time, then as planned.
    struct ByDue {
        bool operator()(const Pending &a, const Pending &b) const { return a.due < b.due; }
    };
    using Heads = boost::intrusive::set<Instance, boost::intrusive::member_hook<Instance, Hook, &Instance::by_head>,
                                        boost::intrusive::compare<ByHead>, boost::intrusive::constant_time_size<false>>;
    using Dues =
        boost::intrusive::multiset<Pending, boost::intrusive::member_hook<Pending, Hook, &Pending::by_due>,
                                   boost::intrusive::compare<ByDue>, boost::intrusive::constant_time_size<false>>;
    // What an earlier process has left of the schedules, by name.
    struct Before {
        std::set<std::string> running; // a run was under way
        std::map<std::string, WallTime> planned_to;
    };
    // By event, of one instruction.
    using Sources = std::map<const model::Event *, std::shared_ptr<const Source>>;
    // Of random numbers: eight bytes are as good as all.
    struct ById {
        std::size_t operator()(const Uuid &id) const
        {
            std::size_t bits = 0;
            std::memcpy(&bits, id.data, sizeof bits);
            return bits;
        }
    };
    // What comes and goes all the time lies together, in a pool; the standard's map looks at the neighbours of what it
    // finds, which costs as much as all else where there are thousands.
    template <class T>
    using MapById = boost::unordered_map<Uuid, T, ById, std::equal_to<Uuid>,
                                         std::pmr::polymorphic_allocator<std::pair<const Uuid, T>>>;

    Instance &add(Work work, Sources &sources);
    // After some were added.
    void number_instances();
    void remove(const std::string &name, Decisions &out);
    void restore(const SavedIntent &saved, Now now, const Before &before, std::map<std::string, Tally> &missed,
                 Decisions &out);
    // Whether its trigger lies ahead: by the spool, and by every clock that this agent has seen.
    bool is_planned_ahead(const model::Intent &intent, Now now, const Before &before) const;
    std::string down(bool starting, Now now) const;
    void forget_unless_planned(const std::string &name, Decisions &out) const;
    void account_saved(const SavedIntent &saved, const Reason &reason, Decisions &out);

    // Plans what a schedule that has just come into force asks for; `missed` is what is already known to be missed.
    void begin(Instance &instance, bool starting, Now now, Tally missed, Decisions &out);
    // Accounts for what is missed, with the triggers before `punctual` that nobody planned, and plans ahead.
    void catch_up(Instance &instance, WallTime punctual, Now now, Tally missed, const std::function<Reason()> &reason,
                  Decisions &out);
    Progress all_have_triggered(Instance &instance);
    void clock_set_back(Instance &instance, Now now, Decisions &out);
    // Says what daylight saving does to the triggers until the next one.
    void remark(const Instance &instance, WallTime next, Decisions &out) const;
    void plan(Instance &instance, WallTime event, Now now, Decisions &out);
    void wait_for(Instance &instance, Intent intent, bool durable, Now now);
    void set_head(Instance &instance, std::optional<WallTime> head);

    void advance_wall(Now now, std::chrono::nanoseconds stepped, Decisions &out);
    void advance_monotonic(Now now, Decisions &out);
    void due(Pending &pending, MonotonicTime since, Now now, Decisions &out);
    // Whether it is known what becomes of it when it is due: it starts.
    bool will_start(const Pending &pending, Now then) const;
    // Starts what has its turn, and closes the run, which is no more then, if nothing is left of it.
    void go_on(Running &run, MonotonicTime since, Decisions &out);
    void finish(Running &run, Account &account);
    void begin_actions(Running &run, MonotonicTime since, Now now, Decisions &out);
    void check(const Running &run, Decisions &out);
    // The trigger waits no longer for its constraints; nothing of it starts, for this reason.
    void give_up(Running &run, Reason reason, Decisions &out);
    void suppress_waiting(const Suppressor &suppressor, Decisions &out);
    // No further action of it starts, and those that run are stopped.
    void cut(Running &run, Reason rest, const std::string &why, Decisions &out);
    void end_run(Running &run, const std::string &why, Decisions &out);
    void wait_for_end(Running &run, std::optional<Signal> signal);
    // What begins and ends by the wall clock until then, but for triggers.
    void switch_until(WallTime until, Decisions &out);
    void states_set_back(Now now, Decisions &out);
    void states_pass_over(Now now, Decisions &out);

    void happen(Happening happening, Now now, Decisions &out);
    void set_suppressors(const model::Instruction &instruction, const Saved *saved, Now now, Decisions &out);
    // `change` is made to it, with all that follows.
    void change(Suppressor &suppressor, const std::function<void()> &change, Decisions &out);
    void fire_due(Suppressor &suppressor, WallTime wall, MonotonicTime monotonic, Decisions &out);
    void stop_running(const Suppressor &suppressor, Decisions &out);
    // It has become active, or has come into force as that.
    void suppression_begins(const Suppressor &suppressor, Decisions &out);
    void set_controller_timeout(const model::Instruction &instruction);
    // The active suppression that matches one of these tags, if any.
    const Suppressor *suppressing(const std::vector<std::string> &tags) const;
    void refresh_suppressions();
    // Adds an outcome for each action, and closes the intents.
    void settle(Instance &instance, const Tally &tally, const Reason &reason, Account &account);
    void settle_one(Instance &instance, const model::Intent &intent, const Reason &reason, Decisions &out);
    void settle_overlapped(Instance &instance, Account &account);
    // Nothing if it does not wait.
    Intent take(const Uuid &id);

    Uuid agent_id_;
    Random random_;
    Zone zone_;
    std::map<std::string, Instance> instances_;
    std::pmr::unsynchronized_pool_resource pool_;
    MapById<Pending> pending_{&pool_};
    MapById<Running> running_{&pool_};
    Dues wall_dues_;
    Dues monotonic_dues_;
    Heads heads_;
    std::set<std::pair<WallTime, Uuid>> wall_ends_;           // of runs, by their end events
    std::set<std::pair<MonotonicTime, Uuid>> monotonic_ends_; // by their durations, too
    std::set<std::pair<MonotonicTime, Uuid>> retries_;        // of constraints
    std::set<std::string> clockless_;                         // schedules that wait for the clock to be set

    std::map<std::string, Suppressor> suppressors_;
    std::vector<const Suppressor *> active_suppressors_;
    Wakeup next_suppression_; // when one of them begins or ends

    std::optional<std::chrono::seconds> controller_timeout_;
    MonotonicTime contacted_{};
    bool controller_lost_ = false;

    std::optional<Now> last_;
    std::optional<WallTime> last_alive_; // an earlier process
};

} // namespace sonde::schedule
