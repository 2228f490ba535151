#include "actions.hpp"

#include "model/options.hpp"
#include "model/report_task.hpp"
#include "model/row_count.hpp"
#include "parts.hpp"
#include "spooled_input.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sonde::agent {

namespace {

using model::Blame;
using model::OutcomeWord;

constexpr int kTriesWithRows = 10;

const model::Task &task_of(const schedule::Start &start)
{
    return start.work->tasks[start.action];
}

const model::Action &action_of(const schedule::Start &start)
{
    return start.work->schedule.actions[start.action];
}

std::vector<model::Option> options_of(const schedule::Start &start)
{
    return model::merge_options(task_of(start), action_of(start));
}

bool is_parallel(const schedule::Work &work)
{
    return work.schedule.execution_mode == model::ExecutionMode::parallel;
}

// Of an action after the first the time on the wall clock is the earliest that it can be.
Now due_of(const schedule::Start &start)
{
    return {start.intent->due(), start.due};
}

// What every part of a run's result has in common.
model::ReportedResult frame_of(const schedule::Start &start, const plugin_host::CatalogueMethod &method)
{
    model::ReportedResult frame;
    frame.run = start.run;
    frame.method = method.method().id;
    frame.method_version = method.method().version;
    frame.plugin_hash = method.hash;
    frame.plugin_version = method.description->version;
    frame.schedule = start.work->schedule.name;
    frame.action = action_of(start).name;
    frame.task = task_of(start).name;
    frame.options = options_of(start);
    for (const auto *tags : {&task_of(start).tags, &start.work->schedule.tags, &action_of(start).tags})
        frame.tags.insert(frame.tags.end(), tags->begin(), tags->end());
    frame.event = start.intent->event;
    frame.start = later_of(now(), due_of(start)).wall;
    frame.cycle_number = start.intent->cycle_number;
    return frame;
}

// What a run's tables are said to be of: a method may know entries of a registry that fit only some of its options, and
// only who wrote the task can tell that it is meant as one of them.
std::vector<model::Function> functions_of(const model::Task &task, const frames::MethodDescription &method)
{
    if (!task.functions.empty())
        return task.functions;
    return {{method.functions.front().uri, method.functions.front().roles}};
}

} // namespace

asio::awaitable<void> Actions::carry_out(schedule::Start start, std::shared_ptr<const Routes> routes,
                                         std::shared_ptr<Stopper> stopper)
{
    const std::string &schedule = start.work->schedule.name;
    spool::Ended ended;
    ended.intent = start.intent->id;
    ended.action = start.action;
    ended.destinations = routes->results(schedule, action_of(start).name);
    ended.outcome_destinations = routes->outcomes(schedule, action_of(start).name);
    ended.goes_along = routes->reports(schedule, action_of(start).name);
    ended.outcome.run = start.run;
    ended.outcome.schedule = schedule;
    ended.outcome.action = action_of(start).name;
    ended.outcome.task = task_of(start).name;
    ended.outcome.first_event = ended.outcome.last_event = start.intent->event;
    // It may have been handed over ahead of its time.
    ended.outcome.start = later_of(now(), due_of(start)).wall;
    Pipe pipe = pipe_of(start);
    pipe.spooled = routes->input(schedule, action_of(start).name);
    std::optional<Parts> parts;
    struct Counted {
        ~Counted() { all.erase(run); }
        std::map<Uuid, const Parts &> &all;
        const Uuid run;
    } const counted{measured_, start.run};
    const auto taken = pipe.spooled ? taken_.insert(*pipe.spooled) : taken_.end();

    auto started =
        co_await spool_.start(start.intent->id, start.action, start.run, task_of(start).name, *ended.outcome.start);
    if (!started)
        fail(ended.outcome, OutcomeWord::failed, plugin_host::kStatusNoStorage, Blame::agent,
             "its start could not be made durable: " + to_string(started.error()));
    else if (model::is_report_task(task_of(start)))
        co_await report(start, stopper, ended);
    else
        co_await measure(start, pipe, stopper, ended, parts);

    // What came to nothing ahead of its time did so at it.
    if (!ended.outcome.end)
        ended.outcome.end = later_of(now(), {*ended.outcome.start, start.due}).wall;
    ended.as_instructed = stopper->as_instructed();
    log_->log(ended.outcome.word == OutcomeWord::completed ? spdlog::level::debug : spdlog::level::info,
              "action ended schedule={} action={} run={} outcome={} status={} rows={} message={}", quoted(schedule),
              quoted(ended.outcome.action), to_string(start.run), model::to_string(ended.outcome.word),
              ended.outcome.status, ended.outcome.rows, quoted(ended.outcome.message));
    co_await end(std::move(ended));
    if (taken != taken_.end())
        taken_.erase(taken);
    // Where it was stopped no next one starts.
    if (pipe.out && !stopper->stopped())
        handed_on_[start.intent->id] = {start.action + 1, pipe.out->inputs()};
}

std::optional<std::uint64_t> Actions::rows(const Uuid &run) const
{
    const auto found = measured_.find(run);
    return found == measured_.end() ? std::nullopt : std::optional(found->second.rows());
}

asio::awaitable<void> Actions::warm(std::shared_ptr<const schedule::Work> work)
{
    for (const auto &named : work->constraint_tasks)
        co_await warm(named.second);
    const std::size_t first = is_parallel(*work) ? work->tasks.size() : 1;
    for (std::size_t action = 0; action < first; ++action)
        co_await warm(work->tasks[action]);
}

asio::awaitable<void> Actions::warm_next(std::shared_ptr<const schedule::Work> work, std::size_t action)
{
    if (!is_parallel(*work) && action + 1 < work->tasks.size())
        co_await warm(work->tasks[action + 1]);
}

asio::awaitable<void> Actions::warm(const model::Task &task)
{
    if (!model::is_report_task(task))
        co_await measuring_.warm(task);
}

Actions::Pipe Actions::pipe_of(const schedule::Start &start)
{
    Pipe pipe;
    if (auto handed = handed_on_.extract(start.intent->id); handed && handed.mapped().action == start.action)
        pipe.in = std::move(handed.mapped().inputs);
    return pipe;
}

bool Actions::feeds_the_next(const schedule::Start &start) const
{
    const schedule::Work &work = *start.work;
    if (work.schedule.execution_mode != model::ExecutionMode::pipelined || start.action + 1 >= work.tasks.size())
        return false;
    return measuring_.takes_input(work.tasks[start.action + 1]);
}

asio::awaitable<void> Actions::report(const schedule::Start &start, std::shared_ptr<Stopper> stopper,
                                      spool::Ended &ended)
{
    const auto collector = collector_of(options_of(start));
    if (!collector) {
        fail(ended.outcome, OutcomeWord::failed, plugin_host::kStatusBadOptions, Blame::agent,
             to_string(collector.error()));
        co_return;
    }
    asio::steady_timer time(executor_, start.due);
    co_await time.async_wait(asio::use_awaitable);
    // Named: gcc 12 destroys an aggregate that is made inside a co_await twice.
    Destination destination{start.work->schedule.name, *collector};
    ended.outcome.lateness = now().monotonic - start.due;
    const Reporter::Delivered delivered = co_await reporter_.deliver(std::move(destination), stopper);
    if (stopper->stopped())
        fail(ended.outcome, OutcomeWord::interrupted, delivered.status, Blame::agent, stopper->reason());
    else if (delivered.status != 0)
        fail(ended.outcome, OutcomeWord::failed, delivered.status, Blame::agent, delivered.message);
}

asio::awaitable<void> Actions::measure(const schedule::Start &start, Pipe &pipe, std::shared_ptr<Stopper> stopper,
                                       spool::Ended &ended, std::optional<Parts> &parts)
{
    model::Conflict who{start.work->schedule.name, action_of(start).name, task_of(start).name};
    Measuring::Asked asked{task_of(start),
                           options_of(start),
                           action_of(start).report_tables,
                           std::move(who),
                           due_of(start),
                           [&] { return input_of(pipe, ended); },
                           {}};
    asked.fed = pipe.spooled.has_value();
    asked.open = [&](const plugin_host::CatalogueMethod &method, Measuring::Traffic traffic) -> plugin_host::RowSink & {
        if (feeds_the_next(start))
            pipe.out.emplace(method.method());
        parts.emplace(spool_, method.description, method.index, frame_of(start, method),
                      functions_of(task_of(start), method.method()), action_of(start).report_tables, ended.destinations,
                      log_, std::move(traffic), pipe.out ? &*pipe.out : nullptr);
        measured_.emplace(start.run, *parts);
        return *parts;
    };
    std::vector<model::Conflict> beside = co_await measuring_.measure(asked, stopper, ended.outcome);
    // What no run was given, and what one was given that the agent itself has stopped, waits for the next one.
    const bool cut_short = stopper->stopped() && !stopper->as_instructed();
    if (!ended.outcome.lateness || cut_short)
        ended.taken.clear();
    if (!parts)
        co_return;
    ended.outcome.rows_dropped = parts->rows_dropped();
    if (!ended.destinations.empty()) {
        ended.last_part = parts->last_part();
        ended.last_part->end = ended.outcome.end;
        ended.last_part->status = ended.outcome.status;
        ended.last_part->message = ended.outcome.message;
        ended.last_part->conflicts = std::move(beside);
    }
}

asio::awaitable<Result<Measuring::Inputs>> Actions::input_of(Pipe &pipe, spool::Ended &ended)
{
    if (!pipe.spooled)
        co_return std::move(pipe.in);
    auto read = co_await read_input(spool_, *pipe.spooled, log_);
    if (!read)
        co_return read.error();
    if (read->set_aside)
        noted_();
    ended.input = *pipe.spooled;
    ended.taken = std::move(read->sequences);
    co_return std::move(read->inputs);
}

// An outcome must not be lost, so a full disk is waited for.
asio::awaitable<void> Actions::end(spool::Ended ended)
{
    for (int tries = 1;; ++tries) {
        // A named vector: gcc 12 cannot compile an initializer list inside a co_await.
        std::vector<spool::Ended> all(1, ended);
        auto done = co_await spool_.end(std::move(all));
        if (done)
            co_return;
        log_->error("outcome not durable schedule={} run={} error={}", quoted(ended.outcome.schedule),
                    to_string(ended.outcome.run), quoted(to_string(done.error())));
        // The rows may be what does not fit, for good; the outcome then says that they were dropped.
        if (ended.last_part && tries >= kTriesWithRows) {
            ended.outcome.rows_dropped += model::row_count(*ended.last_part);
            ended.last_part.reset();
        }
        asio::steady_timer pause(executor_, kStorageRetry);
        co_await pause.async_wait(asio::use_awaitable);
    }
}

} // namespace sonde::agent
