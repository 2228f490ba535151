#pragma once

#include "accepted.hpp"
#include "actions.hpp"
#include "alarm.hpp"
#include "base/log.hpp"
#include "constraints/constraints.hpp"
#include "coroutines.hpp"
#include "routes.hpp"
#include "schedule/engine.hpp"
#include "spool/spool.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace sonde::agent {

// Asks the schedule engine what to do and does it: decisions become durable, due actions run. Belongs to one thread.
class Conductor {
public:
    // `applied` is called when an instruction is in force, that is durable; `left_behind` when something was spooled
    // that no schedule may report by itself: by the routes of an instruction that is no longer in force, or by those of
    // a pipeline in which nothing ran. Everything handed in outlives it.
    Conductor(Coroutines &coroutines, schedule::Engine &engine, spool::Spool &spool, Actions &actions,
              Constraints &constraints, Alarm &alarm, std::shared_ptr<Log> log,
              std::function<void(const Accepted &)> applied, std::function<void()> left_behind);

    // Runs until stop(), with the instruction in force at the start. `started` is called, with the time that the
    // schedules start at, when what they decide at the start is durable. Returns when nothing runs any more and all is
    // durable.
    asio::awaitable<void> conduct(Accepted instruction, schedule::Saved saved, std::function<void(WallTime)> started);

    // Brings a new instruction into force.
    void replace(Accepted instruction);

    // Whether all triggers up to now are durable, or accounted for. Not so at the start, nor after the machine slept.
    bool caught_up() const;

    // A Controller has answered.
    void contact();

    // Nothing starts any more; what runs is ended as interrupted.
    void stop();

private:
    void decide(schedule::Decisions decisions);
    void carry(schedule::Plan plan);
    void carry(schedule::Check check);
    void carry(schedule::Start start);
    void carry(schedule::Account account);
    void carry(const schedule::Stop &stop);
    void carry(const schedule::Forget &forget);
    void carry(const schedule::ForgetCounts &forget);
    void carry(const schedule::KeepSuppression &keep);
    void carry(const schedule::ForgetSuppression &forget);
    void carry(const schedule::KeepController &keep);
    void carry(const schedule::Remark &remark);
    void keep(const schedule::Progress &progress);
    // Those of the instruction that asked for what it accounts for.
    std::shared_ptr<const Routes> routes_of(const schedule::Account &account) const;
    // Whether some of what the change accounts for is for a destination that nobody reports to by itself.
    bool leaves_behind(const spool::Change &change) const;
    bool changed() const;
    // Makes ready what is due soon. When to be back, for that or for what the engine has to do.
    schedule::Wakeup warm_ahead();
    asio::awaitable<void> make_durable();
    asio::awaitable<void> look(schedule::Check check, std::shared_ptr<Stopper> stopper);
    asio::awaitable<void> perform(schedule::Start start, std::shared_ptr<const Routes> routes,
                                  std::shared_ptr<Stopper> stopper);

    Coroutines &coroutines_;
    schedule::Engine &engine_;
    spool::Spool &spool_;
    Actions &actions_;
    Constraints &constraints_;
    Alarm &alarm_;
    std::shared_ptr<Log> log_;
    std::function<void(const Accepted &)> applied_;
    std::function<void()> left_behind_;

    std::shared_ptr<const Routes> routes_;
    std::shared_ptr<const Routes> replaced_;              // the former ones, while an instruction is replaced
    std::map<Uuid, std::shared_ptr<const Routes>> begun_; // by intent: a run keeps those that it began with
    spool::Change change_;                                // decided, not durable yet
    std::optional<Accepted> accepted_;                    // with it
    std::vector<schedule::KeepController> reach_;         // with it, too: losses and returns of the Controller
    std::map<std::pair<Uuid, std::size_t>, std::shared_ptr<Stopper>> running_;
    std::map<Uuid, std::shared_ptr<Stopper>> looks_; // at constraints, by intent
    std::set<Uuid> warmed_;                          // the intents due soon, whose methods have been made ready
    std::chrono::milliseconds start_ahead_{};        // by how much runs are started before their time
    Now started_until_{};  // what was started last, and may have been ahead of its time, is due then
    bool durable_ = false; // nothing is being made so
    bool stopping_ = false;
};

} // namespace sonde::agent
