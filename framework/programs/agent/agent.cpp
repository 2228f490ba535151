#include "agent.hpp"

#include "actions.hpp"
#include "alarm.hpp"
#include "channel/server.hpp"
#include "conductor.hpp"
#include "constraints/constraints.hpp"
#include "control.hpp"
#include "coroutines.hpp"
#include "instruction_file.hpp"
#include "left_behind.hpp"
#include "model/date_time.hpp"
#include "model/instruction_json.hpp"
#include "notices.hpp"
#include "owner.hpp"
#include "owner_socket.hpp"
#include "reporter.hpp"
#include "review.hpp"
#include "scanning.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <random>
#include <utility>

namespace sonde::agent {

namespace {

constexpr std::chrono::seconds kEndLimit{10}; // for what cannot be cancelled, which is what is being written

schedule::Saved saved_of(const spool::OpenState &state)
{
    schedule::Saved saved;
    for (const spool::OpenIntent &open : state.intents) {
        schedule::SavedIntent &intent = saved.intents.emplace_back();
        intent.intent = open.intent;
        for (const spool::ActionRecord &record : open.actions) {
            schedule::SavedAction &action = intent.actions.emplace_back();
            action.started = record.state != spool::ActionState::planned;
            action.ended = record.state == spool::ActionState::ended;
            if (record.run) {
                action.run = record.run->id;
                action.task = record.run->task;
                action.start = record.run->start;
                action.rows = record.run->rows;
            }
        }
    }
    for (const spool::Progress &progress : state.progress)
        saved.progress.push_back({progress.schedule, progress.fingerprint, progress.last_event});
    for (const spool::SuppressionProgress &one : state.suppressions)
        saved.suppressions.push_back({one.suppression, one.fingerprint, one.active, one.event, one.due});
    saved.controller_lost = state.controller_lost;
    saved.last_alive = state.last_alive;
    return saved;
}

// Where calendars without an offset are read.
schedule::Zone local_zone(Log &log)
{
    auto zone = schedule::Zone::local();
    if (zone) {
        log.info("local time zone={}", quoted(zone->name()));
        return *zone;
    }
    log.warn("local time is taken for UTC error={}", quoted(to_string(zone.error())));
    return schedule::Zone();
}

// The parts, wired. All belong to the loop's one thread.
class Agent {
public:
    Agent(asio::io_context &loop, Coroutines &coroutines, AgentOptions options, spool::Spool spool, Alarm alarm,
          std::shared_ptr<Log> log)
        : loop_(loop), coroutines_(coroutines), options_(std::move(options)), spool_(std::move(spool)),
          alarm_(std::move(alarm)), log_(std::move(log)),
          host_(plugin_host::Host::connect(loop.get_executor(), options_.launcher, log_, host_settings())),
          catalogue_(host_, options_.plugins, log_, [this] { scanning_.wake(); }), policy_(options_.policy, log_),
          scanning_(loop.get_executor(), host_, catalogue_, policy_, options_.plugins, log_,
                    [this](model::Capabilities capabilities) { can_do(std::move(capabilities)); }),
          files_(files_of(options_)),
          reporter_(
              loop.get_executor(), spool_, {options_.id, options_.identity, files_ ? &*files_ : nullptr},
              [this] { return uniform_(source_); }, log_, [this] { tell_failures(); }),
          left_behind_(
              coroutines, spool_, reporter_, routes_, log_, [this] { tell_failures(); },
              [this](const spool::Destination &input) { return actions_.takes(input); }),
          lookup_(loop.get_executor()), budget_(loop.get_executor(), spool_, log_),
          measuring_(host_, catalogue_, policy_, lookup_, budget_, log_, {options_.longest_run, options_.longest_wait},
                     options_.parameters),
          actions_(loop.get_executor(), spool_, measuring_, reporter_, log_, [this] { tell_failures(); }),
          zone_(local_zone(*log_)), constraints_(loop.get_executor(), budget_, measuring_, {.zone = zone_}),
          engine_(
              options_.id, [this] { return std::uint64_t{source_()} << 32 | source_(); }, zone_),
          conductor_(
              coroutines, engine_, spool_, actions_, constraints_, alarm_, log_,
              [this](const Accepted &instruction) { applied(instruction); },
              [this] { spawn(left_behind_.deliver_all()); }),
          review_(spool_, plugin_host::finder(catalogue_), log_,
                  [this](model::Failure failure) { note(std::move(failure)); }),
          view_{options_.id,
                zone_,
                engine_,
                spool_,
                budget_,
                policy_,
                [this] { return source(); },
                review_.findings(),
                [this](const Uuid &run) { return actions_.rows(run); }},
          owner_(
              catalogue_, view_, [this] { scanning_.wake(); }, log_)
    {
        if (options_.controller)
            remote_ = std::make_unique<Remote>(*this, *options_.controller);
        else
            local_ = std::make_unique<InstructionFile>(loop.get_executor(), options_.instruction, self_of(options_),
                                                       log_, [this](Accepted accepted) {
                                                           heed_no_controller(accepted);
                                                           conductor_.replace(std::move(accepted));
                                                       });
    }

    asio::awaitable<void> live()
    {
        auto state = co_await spool_.open_state();
        if (!state)
            throw std::runtime_error(to_string(state.error()));
        budget_.restore(state->booked_bytes, state->bucket);
        policy_.current();
        if (remote_)
            spawn(remote_->notices.tell_capabilities());
        co_await scanning_.begin();
        answer_owner();
        Accepted instruction = in_force(*state);
        if (local_)
            heed_no_controller(instruction);
        routes_ = instruction.routes;
        reporter_.heed(instruction.instruction.agent);
        measuring_.allow(instruction.instruction.agent.data_budget);
        co_await left_behind_.deliver_all();
        co_await review_.begin();
        if (remote_) {
            remote_->control.heed(instruction.instruction.agent);
            spawn(remote_->control.follow(in_use(instruction), state->refused));
            spawn(remote_->notices.tell_failures());
        }
        spawn(scanning_.go_on());
        spawn(stop_on_signal());
        schedule::Saved saved = saved_of(*state);
        view_.started = now().wall;
        std::function<void(WallTime)> started = [this, number = state->starts + 1, stored = instruction.stored,
                                                 in_use = in_use(instruction)](WallTime at) {
            // With the lines of what was applied it tells what was in force when, also where a kill came before a line:
            // such an instruction is named here, such a start's number is left out.
            log_->info("agent started id={} at={} start={} etag={} applied={}", to_string(options_.id),
                       model::format_timestamp(at), number, quoted(stored.etag),
                       stored.etag.empty() ? "never" : model::format_timestamp(stored.applied_at));
            // A file is read at once, and what is in it must follow what the start has decided.
            if (local_)
                spawn(local_->follow(in_use));
        };
        co_await conductor_.conduct(std::move(instruction), std::move(saved), std::move(started));
        co_await budget_.settle();
        log_->info("agent stopped");
        loop_.stop();
    }

private:
    // What there is of an agent with a Controller.
    struct Remote {
        Remote(Agent &agent, const channel::Url &url)
            : client(agent.loop_.get_executor(),
                     {.server = url, .identity = agent.options_.identity, .server_role = channel::Role::controller}),
              notices(
                  agent.loop_.get_executor(), client, agent.spool_, [&agent] { return agent.uniform_(agent.source_); },
                  agent.log_),
              control(
                  agent.loop_.get_executor(), {.self = self_of(agent.options_)}, client, agent.spool_,
                  [&agent] { return agent.uniform_(agent.source_); }, agent.log_,
                  [&agent](Accepted instruction) { agent.conductor_.replace(std::move(instruction)); },
                  [this] { notices.failures_wait(); },
                  [this, &agent] {
                      answered = now().wall;
                      agent.conductor_.contact();
                  },
                  {.caught_up = [&agent] { return agent.conductor_.caught_up(); },
                   .heard =
                       [&agent](const std::string &schedule, const std::string &action) {
                           return !agent.routes_->reports(schedule, action) &&
                                  !agent.routes_->outcomes(schedule, action).empty();
                       }})
        {
        }

        channel::Client client;
        Notices notices;
        Control control;
        std::optional<WallTime> answered;
    };

    Source source() const
    {
        if (!remote_)
            return {.name = options_.instruction.string()};
        return {channel::to_string(*options_.controller), true, remote_->answered && remote_->control.reached(),
                remote_->answered};
    }

    static std::optional<ReportFiles> files_of(const AgentOptions &options)
    {
        if (!options.reports)
            return std::nullopt;
        return ReportFiles(options.reports->path, options.reports->bytes_max);
    }

    void can_do(model::Capabilities capabilities)
    {
        if (remote_)
            remote_->notices.capabilities_changed(std::move(capabilities));
        spawn(review_.look());
    }

    // For the Controller, if there is one.
    void note(model::Failure failure)
    {
        if (remote_)
            spawn(remote_->notices.note(std::move(failure)));
    }

    void tell_failures()
    {
        if (remote_)
            remote_->notices.failures_wait();
    }

    plugin_host::HostSettings host_settings()
    {
        plugin_host::HostSettings settings;
        settings.readable = options_.readable;
        settings.load_failed = [this](const std::filesystem::path &plugin, const plugin_host::LoadFailures &failures) {
            if (!failures.quarantined)
                return;
            model::Failure failure{now().wall, "plugin", plugin.string(), failures.text()};
            note(std::move(failure));
            scanning_.wake(); // a run may have loaded it, of which the catalogue does not know
        };
        settings.admit = [this](const std::filesystem::path &plugin, const std::string &hash) {
            return policy_.admit(plugin, hash);
        };
        settings.strict = [this] { return policy_.strict_isolation(); };
        settings.grant = [this](const frames::MethodDescription &method) { return policy_.granted(method); };
        return settings;
    }

    // Without it the agent measures as well.
    void answer_owner()
    {
        auto socket = OwnerSocket::listen(loop_.get_executor(), options_.socket, options_.socket_group, log_);
        if (!socket) {
            log_->warn("owner's socket missing reason={}", quoted(to_string(socket.error())));
            return;
        }
        owner_socket_.emplace(std::move(*socket));
        spawn(owner_socket_->serve([this](std::string_view request) { return owner_.answer(request); },
                                   [this](asio::awaitable<void> peer) { spawn(std::move(peer)); }));
    }

    void spawn(asio::awaitable<void> coroutine) { coroutines_.spawn(std::move(coroutine)); }

    // The instruction that an earlier process brought into force; an empty one if there is none.
    Accepted in_force(const spool::OpenState &state)
    {
        Accepted accepted;
        accepted.routes = std::make_shared<Routes>();
        if (!state.instruction)
            return accepted;
        // It passed the checks of the version that accepted it; a later one must not stop what runs by it.
        auto reading = model::read_instruction_part(state.instruction->text);
        auto routes = reading ? Routes::of(*reading, self_of(options_).reach) : Error{"spool", "no instruction", ""};
        if (!reading || !routes) {
            // Only software that was replaced by an older one gets here.
            log_->error("stored instruction cannot be used error={}",
                        quoted(to_string(reading ? routes.error() : reading.errors.front())));
            return accepted;
        }
        return {*state.instruction, std::move(*reading.value), std::make_shared<Routes>(std::move(*routes))};
    }

    // Whom nobody contacts cannot be lost.
    void heed_no_controller(Accepted &accepted)
    {
        if (std::exchange(accepted.instruction.agent.controller_timeout, {}))
            log_->warn("controller-timeout ignored reason={}", quoted("there is no controller"));
    }

    // Nothing for the empty one, so that the controller is asked for what the spool has and this agent cannot use.
    static std::optional<spool::StoredInstruction> in_use(const Accepted &instruction)
    {
        return instruction.stored.text.empty() ? std::nullopt : std::optional(instruction.stored);
    }

    void applied(const Accepted &instruction)
    {
        log_->info("instruction applied etag={} at={} schedules={}", quoted(instruction.stored.etag),
                   model::format_timestamp(instruction.stored.applied_at), instruction.instruction.schedules.size());
        routes_ = instruction.routes;
        reporter_.heed(instruction.instruction.agent);
        measuring_.allow(instruction.instruction.agent.data_budget);
        if (remote_) {
            remote_->control.heed(instruction.instruction.agent);
            remote_->control.applied();
        }
        spawn(left_behind_.deliver_all());
        spawn(review_.look());
    }

    asio::awaitable<void> stop_on_signal()
    {
        asio::signal_set signals(loop_, SIGTERM, SIGINT);
        const int signal = co_await signals.async_wait(asio::use_awaitable);
        signals.clear(); // a second one ends the agent at once; the spool bears that
        log_->info("stopping signal={}", signal);
        conductor_.stop();
        if (remote_) {
            remote_->control.stop();
            remote_->notices.stop();
            remote_->client.close(); // ends the long poll
        }
        if (local_)
            local_->stop();
        reporter_.close();
        scanning_.stop();
        asio::steady_timer limit(loop_, options_.longest_stop);
        co_await limit.async_wait(asio::use_awaitable);
        log_->warn("stopped although something still ran");
        loop_.stop();
    }

    asio::io_context &loop_;
    Coroutines &coroutines_;
    AgentOptions options_;
    spool::Spool spool_;
    Alarm alarm_;
    std::shared_ptr<Log> log_;
    std::random_device source_; // many agents draw identities: no two may draw alike
    std::uniform_real_distribution<double> uniform_;
    plugin_host::Host host_;
    plugin_host::Catalogue catalogue_;
    PolicyFile policy_;
    Scanning scanning_;
    std::optional<ReportFiles> files_;
    Reporter reporter_;
    std::shared_ptr<const Routes> routes_ = std::make_shared<Routes>();
    LeftBehind left_behind_;
    Lookup lookup_;
    Budget budget_;
    Measuring measuring_;
    Actions actions_;
    schedule::Zone zone_;
    Constraints constraints_;
    schedule::Engine engine_;
    Conductor conductor_;
    std::unique_ptr<Remote> remote_;
    std::unique_ptr<InstructionFile> local_;
    Review review_;
    OwnerView view_;
    Owner owner_;
    std::optional<OwnerSocket> owner_socket_;
};

} // namespace

Self self_of(const AgentOptions &options)
{
    return {options.id, {.collectors = options.identity != nullptr, .files = options.reports.has_value()}};
}

void run_agent(asio::io_context &loop, AgentOptions options, spool::Spool spool, std::shared_ptr<Log> log)
{
    channel::ignore_sigpipe();
    auto alarm = Alarm::make(loop.get_executor());
    if (!alarm)
        throw std::runtime_error(to_string(alarm.error()));
    Coroutines coroutines(loop);
    Agent agent(loop, coroutines, std::move(options), std::move(spool), std::move(*alarm), log);
    coroutines.spawn(agent.live());
    std::exception_ptr failure;
    try {
        loop.run();
    } catch (...) {
        failure = std::current_exception();
    }
    // However it ended, something may still wait within the agent's parts, and must not outlive them.
    if (!coroutines.end(kEndLimit)) {
        log->error("ended with the process what cannot be ended alone hint={}",
                   quoted("the disk may hang; the next start accounts for what ran"));
        log->flush();
        std::_Exit(EXIT_FAILURE);
    }
    if (failure)
        std::rethrow_exception(failure);
}

} // namespace sonde::agent
