#include "conductor.hpp"

#include "model/date_time.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace sonde::agent {

namespace {

// A run is handed over ahead of its time: what has to be done before it begins takes a millisecond or two, on a slow
// gateway some more. Where many are due, they are handed over one after the other.
constexpr std::chrono::milliseconds kStartAhead{5};
constexpr std::chrono::milliseconds kStartAheadForEach{1};
constexpr std::chrono::milliseconds kStartAheadMax{500};

spool::Progress to_spool(const schedule::Progress &progress)
{
    return {progress.schedule, progress.fingerprint, progress.last_event};
}

} // namespace

Conductor::Conductor(Coroutines &coroutines, schedule::Engine &engine, spool::Spool &spool, Actions &actions,
                     Constraints &constraints, Alarm &alarm, std::shared_ptr<Log> log,
                     std::function<void(const Accepted &)> applied, std::function<void()> left_behind)
    : coroutines_(coroutines), engine_(engine), spool_(spool), actions_(actions), constraints_(constraints),
      alarm_(alarm), log_(std::move(log)), applied_(std::move(applied)), left_behind_(std::move(left_behind)),
      routes_(std::make_shared<Routes>())
{
}

asio::awaitable<void> Conductor::conduct(Accepted instruction, schedule::Saved saved,
                                         std::function<void(WallTime)> started)
{
    routes_ = instruction.routes;
    const Now at = now();
    decide(engine_.start(instruction.instruction, saved, at));
    change_.starts = true;
    co_await make_durable();
    started(at.wall);
    while (!stopping_ || !running_.empty() || !looks_.empty() || changed()) {
        if (changed()) {
            co_await make_durable();
            continue;
        }
        schedule::Wakeup wakeup;
        if (!stopping_)
            wakeup = warm_ahead();
        co_await alarm_.wait(wakeup);
        if (!stopping_)
            decide(engine_.advance_ahead(start_ahead_, now()));
    }
}

schedule::Wakeup Conductor::warm_ahead()
{
    const schedule::Ahead ahead = engine_.ahead(kWarmAhead, now());
    const std::set<Uuid> before = std::exchange(warmed_, {});
    for (const schedule::Ahead::Due &due : ahead.dues) {
        warmed_.insert(due.intent);
        if (!before.contains(due.intent) && !Constraints::watch_first(*due.work))
            coroutines_.spawn(actions_.warm(due.work));
    }
    const auto dues = static_cast<std::chrono::milliseconds::rep>(ahead.dues.size());
    start_ahead_ = std::min(kStartAhead + dues * kStartAheadForEach, kStartAheadMax);
    schedule::Wakeup wakeup = engine_.next_wakeup();
    const auto earlier = [](auto &time, const auto &other) {
        if (other && (!time || *other < *time))
            time = other;
    };
    for (const schedule::Wakeup &next : {ahead.next, engine_.ahead(start_ahead_, now()).next}) {
        earlier(wakeup.wall, next.wall);
        earlier(wakeup.monotonic, next.monotonic);
    }
    return wakeup;
}

void Conductor::replace(Accepted instruction)
{
    if (stopping_)
        return;
    constexpr std::chrono::nanoseconds instant{1};
    // What triggers until then is the former instruction's, and so is what was started ahead of its time.
    const Now at = later_of(now(), {started_until_.wall + instant, started_until_.monotonic + instant});
    instruction.stored.applied_at = at.wall;
    decide(engine_.advance({at.wall - instant, at.monotonic - instant}));
    replaced_ = std::exchange(routes_, instruction.routes);
    decide(engine_.replace(instruction.instruction, at));
    replaced_.reset();
    change_.instruction = instruction.stored;
    accepted_ = std::move(instruction);
    alarm_.wake();
}

bool Conductor::caught_up() const
{
    const schedule::Wakeup due = engine_.next_wakeup();
    const Now at = now();
    return durable_ && !changed() && !(due.wall && *due.wall <= at.wall) &&
           !(due.monotonic && *due.monotonic <= at.monotonic);
}

void Conductor::contact()
{
    if (stopping_)
        return;
    decide(engine_.contact(now()));
    alarm_.wake();
}

void Conductor::stop()
{
    stopping_ = true;
    for (const auto &[action, stopper] : running_)
        stopper->stop("the agent was stopped");
    for (const auto &[intent, stopper] : looks_)
        stopper->stop("the agent was stopped");
    alarm_.wake();
}

void Conductor::decide(schedule::Decisions decisions)
{
    for (schedule::Decision &decision : decisions)
        std::visit([this](auto &&one) { carry(std::forward<decltype(one)>(one)); }, std::move(decision));
}

void Conductor::carry(schedule::Plan plan)
{
    keep(plan.progress);
    change_.plan.push_back(*plan.intent);
}

void Conductor::carry(schedule::Account account)
{
    const std::shared_ptr<const Routes> routes = routes_of(account);
    for (model::Outcome &outcome : account.outcomes) {
        log_->info("accounted schedule={} action={} outcome={} count={} message={}", quoted(outcome.schedule),
                   quoted(outcome.action), model::to_string(outcome.word), outcome.count, quoted(outcome.message));
        std::vector<spool::Destination> destinations = routes->outcomes(outcome.schedule, outcome.action);
        const bool goes_along = routes->reports(outcome.schedule, outcome.action);
        change_.account.push_back({std::move(outcome), std::move(destinations), goes_along});
    }
    change_.close.insert(change_.close.end(), account.closed.begin(), account.closed.end());
    for (const Uuid &intent : account.closed) {
        actions_.closed(intent);
        begun_.erase(intent);
    }
    for (const schedule::Prevented &one : account.prevented)
        change_.prevented.push_back({one.schedule, one.word, one.count});
    if (account.progress)
        keep(*account.progress);
}

void Conductor::carry(const schedule::Forget &forget)
{
    std::erase_if(change_.progress, [&](const spool::Progress &p) { return p.schedule == forget.schedule; });
    change_.forget.push_back(forget.schedule);
}

void Conductor::carry(const schedule::ForgetCounts &forget)
{
    change_.forget_counts.push_back(forget.schedule);
}

void Conductor::carry(const schedule::Stop &stop)
{
    for (const auto &[action, stopper] : running_)
        if (action.first == stop.intent && (!stop.action || action.second == *stop.action))
            stopper->stop(stop.reason, Stopper::By::instruction);
    if (const auto look = looks_.find(stop.intent); look != looks_.end())
        look->second->stop(stop.reason, Stopper::By::instruction);
}

void Conductor::carry(const schedule::KeepSuppression &keep)
{
    const schedule::SuppressionProgress &kept = keep.progress;
    const auto same = [&](const spool::SuppressionProgress &one) { return one.suppression == kept.suppression; };
    log_->debug("suppression name={} active={}", quoted(kept.suppression), kept.active);
    std::erase(change_.forget_suppressions, kept.suppression);
    std::erase_if(change_.suppressions, same);
    change_.suppressions.push_back({kept.suppression, kept.fingerprint, kept.active, kept.event, kept.due});
}

void Conductor::carry(const schedule::ForgetSuppression &forget)
{
    std::erase_if(change_.suppressions,
                  [&](const spool::SuppressionProgress &one) { return one.suppression == forget.suppression; });
    change_.forget_suppressions.push_back(forget.suppression);
}

void Conductor::carry(const schedule::KeepController &keep)
{
    change_.controller_lost = keep.lost;
    reach_.push_back(keep);
}

void Conductor::carry(const schedule::Remark &remark)
{
    log_->info("schedule remark schedule={} message={}", quoted(remark.schedule), quoted(remark.message));
}

void Conductor::carry(schedule::Check check)
{
    if (stopping_)
        return; // as what would start
    auto stopper = std::make_shared<Stopper>();
    looks_.insert_or_assign(check.intent, stopper);
    coroutines_.spawn(look(std::move(check), stopper));
}

asio::awaitable<void> Conductor::look(schedule::Check check, std::shared_ptr<Stopper> stopper)
{
    // A look that waits for nothing would answer the engine in the middle of the decisions that it is one of.
    co_await asio::post(coroutines_.executor(), asio::use_awaitable);
    const Uuid intent = check.intent;
    const std::function<void()> soon = [this, work = check.work] { coroutines_.spawn(actions_.warm(work)); };
    const Verdict verdict = co_await constraints_.look(check.work, stopper, soon);
    log_->debug("constraints looked at schedule={} attempt={} met={} reason={}", quoted(check.work->schedule.name),
                check.attempt, verdict.met, quoted(verdict.reason));
    looks_.erase(intent);
    if (!stopping_ && !stopper->stopped())
        decide(engine_.checked(intent, verdict.met, verdict.reason, now()));
    alarm_.wake();
}

// Not kept waiting for the commit of what else was decided: the intent is durable, and the start itself makes its own
// mark before anything runs.
void Conductor::carry(schedule::Start start)
{
    if (stopping_)
        return; // it stays planned, and the next start of the agent accounts for it
    started_until_ = later_of({start.intent->due(), start.due}, started_until_);
    auto stopper = std::make_shared<Stopper>();
    running_.emplace(std::pair(start.intent->id, start.action), stopper);
    const auto routes = begun_.try_emplace(start.intent->id, routes_).first->second;
    const auto work = start.work;
    const std::size_t action = start.action;
    coroutines_.spawn(perform(std::move(start), routes, stopper));
    coroutines_.spawn(actions_.warm_next(work, action));
}

asio::awaitable<void> Conductor::perform(schedule::Start start, std::shared_ptr<const Routes> routes,
                                         std::shared_ptr<Stopper> stopper)
{
    const Uuid intent = start.intent->id;
    const std::size_t action = start.action;
    co_await actions_.carry_out(std::move(start), routes, std::move(stopper));
    if (routes != routes_)
        left_behind_();
    running_.erase({intent, action});
    if (!stopping_)
        decide(engine_.action_ended(intent, action, now()));
    alarm_.wake();
}

void Conductor::keep(const schedule::Progress &progress)
{
    std::erase(change_.forget, progress.schedule);
    change_.progress.push_back(to_spool(progress));
}

std::shared_ptr<const Routes> Conductor::routes_of(const schedule::Account &account) const
{
    for (const Uuid &intent : account.closed)
        if (const auto begun = begun_.find(intent); begun != begun_.end())
            return begun->second;
    for (const model::Outcome &outcome : account.outcomes) // of an intent that others run of
        if (const auto begun = begun_.find(outcome.run); begun != begun_.end())
            return begun->second;
    // What a replacement closes was planned before it.
    return replaced_ && !account.closed.empty() ? replaced_ : routes_;
}

bool Conductor::leaves_behind(const spool::Change &change) const
{
    const auto is_known = [&](const spool::Destination &one) { return routes_->reported(one); };
    return !std::all_of(change.account.begin(), change.account.end(), [&](const spool::Accounted &one) {
        return one.goes_along || std::all_of(one.destinations.begin(), one.destinations.end(), is_known);
    });
}

bool Conductor::changed() const
{
    return change_.instruction || !change_.account.empty() || !change_.close.empty() || !change_.plan.empty() ||
           !change_.progress.empty() || !change_.forget.empty() || !change_.prevented.empty() ||
           !change_.forget_counts.empty() || !change_.suppressions.empty() || !change_.forget_suppressions.empty() ||
           change_.controller_lost;
}

asio::awaitable<void> Conductor::make_durable()
{
    durable_ = false;
    const spool::Change change = std::exchange(change_, {});
    const std::optional<Accepted> accepted = std::exchange(accepted_, {});
    const std::vector<schedule::KeepController> reach = std::exchange(reach_, {});
    for (;;) {
        auto recorded = co_await spool_.record(change);
        if (recorded)
            break;
        log_->error("plan not durable error={}", quoted(to_string(recorded.error())));
        asio::steady_timer pause(coroutines_.executor(), kStorageRetry);
        co_await pause.async_wait(asio::use_awaitable);
    }
    durable_ = true;
    if (leaves_behind(change))
        left_behind_();
    if (accepted && applied_)
        applied_(*accepted);
    // With the times that their events have: whoever reads the log knows what they triggered.
    for (const schedule::KeepController &one : reach)
        log_->warn("controller {} at={}", one.lost ? "lost" : "connected", model::format_timestamp(one.at));
    if (stopping_)
        co_return;
    for (const model::Intent &intent : change.plan)
        decide(engine_.planned(intent.id, now()));
}

} // namespace sonde::agent
