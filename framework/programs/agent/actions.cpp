#include "actions.hpp"

#include "frames/privileges.hpp"
#include "model/options.hpp"
#include "model/report_task.hpp"
#include "model/row_count.hpp"
#include "parts.hpp"
#include "plugin_host/traffic_bound.hpp"

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
    return model::merge_options(task_of(start).options, action_of(start).options);
}

void fail(model::Outcome &outcome, OutcomeWord word, std::int32_t status, Blame blame, std::string message)
{
    outcome.word = word;
    outcome.status = status;
    outcome.blame = blame;
    outcome.message = std::move(message);
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
    frame.event = start.intent.event;
    frame.start = now().wall;
    frame.cycle_number = start.intent.cycle_number;
    return frame;
}

// The outcome's word for how a run ended that nobody stopped.
OutcomeWord word_of(const plugin_host::RunResult &result)
{
    if (result.status == 0)
        return OutcomeWord::completed;
    return result.blame == Blame::policy ? OutcomeWord::refused : OutcomeWord::failed;
}

} // namespace

asio::awaitable<void> Actions::carry_out(schedule::Start start, std::shared_ptr<const Routes> routes,
                                         std::shared_ptr<Stopper> stopper)
{
    const std::string &schedule = start.work->schedule.name;
    spool::Ended ended;
    ended.intent = start.intent.id;
    ended.action = start.action;
    ended.destinations = routes->results(schedule, action_of(start).name);
    ended.outcome_destinations = routes->outcomes(schedule, action_of(start).name);
    ended.outcome.run = start.run;
    ended.outcome.schedule = schedule;
    ended.outcome.action = action_of(start).name;
    ended.outcome.task = task_of(start).name;
    ended.outcome.first_event = ended.outcome.last_event = start.intent.event;
    ended.outcome.start = now().wall;
    Pipe pipe = pipe_of(start);

    auto started = co_await spool_.start(start.intent.id, start.action, start.run, task_of(start).name, now().wall);
    if (!started)
        fail(ended.outcome, OutcomeWord::failed, plugin_host::kStatusNoStorage, Blame::agent,
             "its start could not be made durable: " + to_string(started.error()));
    else if (model::is_report_task(task_of(start)))
        co_await report(start, stopper, ended);
    else
        co_await measure(start, pipe, stopper, ended);

    if (!ended.outcome.end)
        ended.outcome.end = now().wall;
    log_->log(ended.outcome.word == OutcomeWord::completed ? spdlog::level::debug : spdlog::level::info,
              "action ended schedule={} action={} run={} outcome={} status={} rows={} message={}", quoted(schedule),
              quoted(ended.outcome.action), to_string(start.run), model::to_string(ended.outcome.word),
              ended.outcome.status, ended.outcome.rows, quoted(ended.outcome.message));
    co_await end(std::move(ended));
    // Where it was stopped no next one starts.
    if (pipe.out && !stopper->stopped())
        handed_on_[start.intent.id] = {start.action + 1, pipe.out->inputs()};
}

asio::awaitable<void> Actions::warm(std::shared_ptr<const schedule::Work> work)
{
    if (model::is_report_task(work->tasks.front()))
        co_return;
    const auto method = catalogue_.find_method(work->tasks.front());
    if (!method)
        co_return;
    policy::Request request;
    request.method = method->method().id;
    request.declared_bytes = 0;
    if (!policy_.current().judge(request))
        co_return;
    // What is wrong with it, the run will say.
    [[maybe_unused]] const auto ready = co_await host_.warm(method->file);
}

Actions::Pipe Actions::pipe_of(const schedule::Start &start)
{
    Pipe pipe;
    if (auto handed = handed_on_.extract(start.intent.id); handed && handed.mapped().action == start.action)
        pipe.in = std::move(handed.mapped().inputs);
    return pipe;
}

bool Actions::feeds_the_next(const schedule::Start &start) const
{
    const schedule::Work &work = *start.work;
    if (work.schedule.execution_mode != model::ExecutionMode::pipelined || start.action + 1 >= work.tasks.size())
        return false;
    const auto next = catalogue_.find_method(work.tasks[start.action + 1]);
    return next && (next->method().flags & SONDE_TAKES_INPUT) != 0;
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
    // Named: gcc 12 destroys an aggregate that is made inside a co_await twice.
    Destination destination{start.work->schedule.name, *collector};
    const Reporter::Delivered delivered = co_await reporter_.deliver(std::move(destination), stopper);
    if (stopper->stopped())
        fail(ended.outcome, OutcomeWord::interrupted, delivered.status, Blame::agent, stopper->reason());
    else if (delivered.status != 0)
        fail(ended.outcome, OutcomeWord::failed, delivered.status, Blame::agent, delivered.message);
}

asio::awaitable<void> Actions::measure(const schedule::Start &start, Pipe &pipe, std::shared_ptr<Stopper> stopper,
                                       spool::Ended &ended)
{
    // It may be why there is no method.
    if (policy_.current().denies_all()) {
        fail(ended.outcome, OutcomeWord::refused, plugin_host::kStatusRefused, Blame::policy,
             policy_.current().judge({}).reason);
        co_return;
    }
    // It may be as well.
    if (policy_.strict_isolation()) {
        const auto greeting = co_await host_.greeting();
        if (!greeting) {
            fail(ended.outcome, OutcomeWord::failed, plugin_host::kStatusNoLauncher, Blame::agent,
                 to_string(greeting.error()));
            co_return;
        }
        if (const std::string missing = plugin_host::missing_layers(*greeting); !missing.empty()) {
            fail(ended.outcome, OutcomeWord::refused, plugin_host::kStatusRefused, Blame::policy,
                 "the local policy wants strict isolation, and this system lacks " + missing);
            co_return;
        }
    }
    const auto method = catalogue_.find_method(task_of(start));
    if (!method) {
        const plugin_host::PluginFile *held = catalogue_.quarantined(task_of(start));
        if (held != nullptr)
            fail(ended.outcome, OutcomeWord::failed, plugin_host::kStatusQuarantined, Blame::platform,
                 "plugin " + held->file.filename().string() + " is " + held->reason);
        else
            fail(ended.outcome, OutcomeWord::failed, plugin_host::kStatusNoMethod, Blame::agent,
                 to_string(method.error()));
        co_return;
    }
    auto arguments = plugin_host::read_options(method->method(), options_of(start));
    if (!arguments) {
        fail(ended.outcome, OutcomeWord::failed, plugin_host::kStatusBadOptions, Blame::agent,
             to_string(arguments.errors.front()));
        co_return;
    }
    policy::Request request;
    request.method = method->method().id;
    // What does not say that it only observes may send.
    request.active = (method->method().flags & (SONDE_ACTIVE | SONDE_PASSIVE)) != SONDE_PASSIVE;
    request.privileges = frames::privilege_names(method->method().privileges & frames::kPrivileges);
    request.targets = arguments->targets;
    request.declared_bytes = plugin_host::traffic_bound(method->method(), arguments->values);
    // One that only observes and declares no bound sends nothing; any other may send anything.
    if (!request.declared_bytes && !request.active)
        request.declared_bytes = 0;
    const Result<void> admitted = policy_.admit(method->file, method->hash);
    if (!admitted) {
        fail(ended.outcome, OutcomeWord::refused, plugin_host::kStatusRefused, Blame::policy,
             "plugin " + method->file.filename().string() + " " + admitted.error().what);
        co_return;
    }
    // What is refused whoever else runs does not wait for its turn.
    policy::Verdict verdict = ask_policy(request, Others::are_absent);
    std::shared_ptr<plugin_host::Turns::Turn> turn;
    if (verdict) {
        turn = co_await wait_for_turn(*method, stopper);
        if (!turn) {
            fail(ended.outcome, OutcomeWord::interrupted, plugin_host::kStatusCancelled, Blame::agent,
                 stopper->reason());
            co_return;
        }
        verdict = ask_policy(request);
    }
    if (verdict) {
        // After the names themselves were judged, so that nobody is asked about a name that is refused anyway.
        std::vector<std::string> names = policy::names_among(request.targets);
        auto addresses = co_await lookup_.look_up(std::move(names), arguments->network.family, stopper);
        if (stopper->stopped()) {
            fail(ended.outcome, OutcomeWord::interrupted, plugin_host::kStatusCancelled, Blame::agent,
                 stopper->reason());
            co_return;
        }
        if (!addresses) {
            fail(ended.outcome, OutcomeWord::failed, plugin_host::kStatusNoAddress, Blame::resolver,
                 to_string(addresses.error()));
            co_return;
        }
        request.addresses = std::move(*addresses);
        verdict = ask_policy(request);
    }
    if (!verdict) {
        if (verdict.address)
            log_->debug("address refused schedule={} address={}", quoted(start.work->schedule.name),
                        to_string(*verdict.address));
        fail(ended.outcome, OutcomeWord::refused, plugin_host::kStatusRefused, Blame::policy, verdict.reason);
        co_return;
    }
    // Both counted from the verdict on, lest others are judged meanwhile as if this one did not run; and not before, as
    // one that waits for its turn neither runs nor sends.
    ++running_;
    Budget::Meter meter(budget_, policy_.current().bytes_per_day(), request.declared_bytes);
    co_await run(start, *method, std::move(*arguments), std::move(turn), pipe, meter, stopper, ended);
    --running_;
}

asio::awaitable<std::shared_ptr<plugin_host::Turns::Turn>>
Actions::wait_for_turn(const plugin_host::CatalogueMethod &method, std::shared_ptr<Stopper> stopper)
{
    auto canceller = std::make_shared<plugin_host::Canceller>();
    stopper->on_stop([canceller] { canceller->cancel(); });
    auto turn = co_await host_.turn(method.description, method.index, canceller);
    stopper->on_stop({});
    co_return turn;
}

policy::Verdict Actions::ask_policy(policy::Request &request, Others others)
{
    request.used_bytes = budget_.used();
    request.promised_bytes = others == Others::count ? budget_.promised() : 0;
    request.running = others == Others::count ? running_ : 0;
    return policy_.current().judge(request);
}

asio::awaitable<void> Actions::run(const schedule::Start &start, const plugin_host::CatalogueMethod &method,
                                   plugin_host::Arguments arguments, std::shared_ptr<plugin_host::Turns::Turn> turn,
                                   Pipe &pipe, Budget::Meter &meter, std::shared_ptr<Stopper> stopper,
                                   spool::Ended &ended)
{
    auto ready = co_await budget_.make_ready(meter.limit());
    if (!ready) {
        fail(ended.outcome, OutcomeWord::failed, plugin_host::kStatusNoStorage, Blame::agent,
             "its bytes could not be booked: " + to_string(ready.error()));
        co_return;
    }
    auto canceller = std::make_shared<plugin_host::Canceller>();
    stopper->on_stop([canceller] { canceller->cancel(); });
    std::optional<Budget::Stop> over; // why it has to stop
    if (feeds_the_next(start))
        pipe.out.emplace(method.method());
    Parts parts(
        spool_, method.description, method.index, frame_of(start, method), ended.destinations, log_,
        [&meter, &over, canceller](std::uint64_t bytes) {
            const std::optional<Budget::Stop> stop = meter.count(bytes);
            if (stop && !over) {
                over = stop;
                canceller->cancel();
            }
        },
        pipe.out ? &*pipe.out : nullptr);
    plugin_host::RunRequest request;
    request.plugin = method.file;
    request.hash = method.hash;
    request.description = method.description;
    request.method = method.index;
    request.arguments = std::move(arguments);
    request.deadline = now().monotonic + longest_run_;
    request.canceller = canceller;
    request.turn = std::move(turn);
    request.parameters = parameters_;
    request.inputs = std::move(pipe.in);

    const plugin_host::RunResult result = co_await host_.run(std::move(request), parts);
    stopper->on_stop({});

    model::Outcome &outcome = ended.outcome;
    if (stopper->stopped())
        fail(outcome, OutcomeWord::interrupted, result.status, Blame::agent, stopper->reason());
    else if (over && over->cause == Budget::Stop::Cause::limit)
        fail(outcome, OutcomeWord::refused, plugin_host::kStatusRefused, Blame::policy, over->reason);
    else if (over)
        fail(outcome, OutcomeWord::failed, plugin_host::kStatusNoStorage, Blame::agent, over->reason);
    else
        fail(outcome, word_of(result), result.status, result.blame, result.message);
    outcome.start = result.started.wall;
    outcome.end = result.ended.wall;
    outcome.lateness = result.started.monotonic - start.due;
    outcome.rows = result.rows;
    outcome.rows_dropped = parts.rows_dropped();
    outcome.sent_bytes = result.sent_bytes;
    outcome.received_bytes = result.received_bytes;
    if (!ended.destinations.empty()) {
        ended.last_part = parts.last_part();
        ended.last_part->end = result.ended.wall;
        ended.last_part->status = outcome.status;
        ended.last_part->message = outcome.message;
    }
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
