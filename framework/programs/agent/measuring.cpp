#include "measuring.hpp"

#include "frames/privileges.hpp"
#include "parts.hpp"
#include "plugin_host/traffic_bound.hpp"
#include "policy/target.hpp"
#include "programs/agent/constraints/line.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace sonde::agent {

namespace {

using model::Blame;
using model::OutcomeWord;

constexpr const char *kUnbooked = "its bytes could not be booked: ";

// The outcome's word for how a run ended that nobody stopped.
OutcomeWord word_of(const plugin_host::RunResult &result)
{
    if (result.status == 0)
        return OutcomeWord::completed;
    return result.blame == Blame::policy ? OutcomeWord::refused : OutcomeWord::failed;
}

void refuse(model::Outcome &outcome, std::string reason)
{
    fail(outcome, OutcomeWord::refused, plugin_host::kStatusRefused, Blame::policy, std::move(reason));
}

void interrupt(model::Outcome &outcome, const Stopper &stopper)
{
    fail(outcome, OutcomeWord::interrupted, plugin_host::kStatusCancelled, Blame::agent, stopper.reason());
}

policy::Request request_of(const frames::MethodDescription &method, const plugin_host::Arguments &arguments)
{
    policy::Request request;
    request.method = method.id;
    // What does not say that it only observes may send.
    request.active = (method.flags & (SONDE_ACTIVE | SONDE_PASSIVE)) != SONDE_PASSIVE;
    request.privileges = frames::privilege_names(method.privileges & frames::kPrivileges);
    request.targets = arguments.targets;
    request.declared_bytes = plugin_host::traffic_bound(method, arguments.values);
    // One that only observes and declares no bound sends nothing; any other may send anything.
    if (!request.declared_bytes && !request.active)
        request.declared_bytes = 0;
    return request;
}

bool is_loopback(const policy::Address &address)
{
    constexpr policy::Address kLoopback{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    return address == kLoopback || (address.is_v4() && address.bytes[12] == 127);
}

// Where the bytes of a run go; empty: that cannot be told.
std::string interface_of(const policy::Request &request, const plugin_host::Network &network)
{
    if (!network.interface.empty())
        return network.interface;
    std::vector<policy::Address> addresses;
    for (const policy::NamedAddress &named : request.addresses)
        addresses.push_back(named.address);
    for (const std::string &text : request.targets)
        if (const auto target = policy::parse_target(text); target && std::holds_alternative<policy::Address>(*target))
            addresses.push_back(std::get<policy::Address>(*target));
    const auto inside = std::count_if(addresses.begin(), addresses.end(), is_loopback);
    if (addresses.empty() || (inside != 0 && inside != std::ssize(addresses)))
        return {};
    return inside != 0 ? "lo" : default_interface().value_or("");
}

} // namespace

void fail(model::Outcome &outcome, OutcomeWord word, std::int32_t status, Blame blame, std::string message)
{
    outcome.word = word;
    outcome.status = status;
    outcome.blame = blame;
    outcome.message = std::move(message);
}

asio::awaitable<std::vector<model::Conflict>> Measuring::measure(const Asked &asked, std::shared_ptr<Stopper> stopper,
                                                                 model::Outcome &outcome)
{
    auto admitted = co_await admit(asked, stopper, outcome);
    if (!admitted)
        co_return std::vector<model::Conflict>();
    // Both counted from the verdict on, lest others are judged meanwhile as if this one did not run; and not before, as
    // one that waits for its turn neither runs nor sends.
    const Beside::Place place(beside_, asked.who, admitted->active);
    const std::uint64_t of_policy = policy_.current().bytes_per_day();
    Budget::Meter meter(budget_, std::min(of_policy, data_budget_.bytes_per_day.value_or(of_policy)),
                        admitted->declared_bytes, admitted->interface);
    co_await run(asked, std::move(*admitted), meter, stopper, outcome);
    co_return place.met();
}

void Measuring::allow(const model::DataBudget &budget)
{
    data_budget_ = budget;
    budget_.set_bucket(budget.rate_bytes_per_second, budget.burst_bytes);
}

std::uint64_t Measuring::bytes_left()
{
    const WallTime present = now().wall;
    std::uint64_t least = policy::left(policy_.current().day(budget_.used(), present), budget_.promised());
    for (const policy::ByteLimit &limit : spans_of(data_budget_, usage(), present))
        least = std::min(least, policy::left(limit, budget_.promised()));
    return least;
}

Usage Measuring::usage() const
{
    return {budget_.used(), budget_.used_this_month(), budget_.used_of_bucket()};
}

asio::awaitable<void> Measuring::warm(const model::Task &task)
{
    const auto method = catalogue_.find_method(task);
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

bool Measuring::takes_input(const model::Task &task) const
{
    const auto method = catalogue_.find_method(task);
    return method && (method->method().flags & SONDE_TAKES_INPUT) != 0;
}

asio::awaitable<std::optional<Measuring::Admitted>>
Measuring::admit(const Asked &asked, std::shared_ptr<Stopper> stopper, model::Outcome &outcome)
{
    // It may be why there is no method.
    if (policy_.current().denies_all()) {
        refuse(outcome, policy_.current().judge({}).reason);
        co_return std::nullopt;
    }
    // It may be as well.
    const bool confined = co_await isolated(outcome);
    if (!confined)
        co_return std::nullopt;
    auto method = find_method(asked.task, outcome);
    if (!method)
        co_return std::nullopt;
    if (asked.fed && (method->method().flags & SONDE_TAKES_INPUT) == 0) {
        fail(outcome, OutcomeWord::failed, plugin_host::kStatusBadOptions, Blame::agent,
             "results are passed to it, and " + method->method().id + " takes no input");
        co_return std::nullopt;
    }
    auto arguments = plugin_host::read_options(method->method(), asked.options, asked.task.functions);
    if (!arguments) {
        fail(outcome, OutcomeWord::failed, plugin_host::kStatusBadOptions, Blame::agent,
             to_string(arguments.errors.front()));
        co_return std::nullopt;
    }
    if (auto known = check_tables(method->method(), asked.tables); !known) {
        fail(outcome, OutcomeWord::failed, plugin_host::kStatusBadOptions, Blame::agent, to_string(known.error()));
        co_return std::nullopt;
    }
    policy::Request request = request_of(method->method(), *arguments);
    const Result<void> admitted = policy_.admit(method->file, method->hash);
    if (!admitted) {
        refuse(outcome, "plugin " + method->file.filename().string() + " " + admitted.error().what);
        co_return std::nullopt;
    }
    // What is refused whoever else runs does not wait for its turn.
    policy::Verdict verdict = ask(request, Others::are_absent);
    std::shared_ptr<plugin_host::Turns::Turn> turn;
    if (verdict) {
        turn = co_await wait_for_turn(asked, *method, stopper);
        if (stopper->stopped()) {
            interrupt(outcome, *stopper);
            co_return std::nullopt;
        }
        verdict = ask(request);
    }
    if (verdict) {
        // After the names themselves were judged, so that nobody is asked about a name that is refused anyway.
        const bool known = co_await look_up(request, arguments->network, stopper, outcome);
        if (!known)
            co_return std::nullopt;
        verdict = ask(request);
    }
    if (!verdict) {
        if (verdict.address)
            log_->debug("address refused schedule={} address={}", quoted(asked.who.schedule),
                        to_string(*verdict.address));
        refuse(outcome, verdict.reason);
        co_return std::nullopt;
    }
    std::string interface = interface_of(request, arguments->network);
    Admitted begins{std::move(*method), std::move(*arguments), request.declared_bytes,       request.active,
                    std::move(turn),    std::move(interface),  known_hops(request.addresses)};
    co_return begins;
}

asio::awaitable<bool> Measuring::isolated(model::Outcome &outcome)
{
    if (!policy_.strict_isolation())
        co_return true;
    const auto greeting = co_await host_.greeting();
    if (!greeting) {
        fail(outcome, OutcomeWord::failed, plugin_host::kStatusNoLauncher, Blame::agent, to_string(greeting.error()));
        co_return false;
    }
    const std::string missing = plugin_host::missing_layers(*greeting);
    if (missing.empty())
        co_return true;
    refuse(outcome, "the local policy wants strict isolation, and this system lacks " + missing);
    co_return false;
}

std::optional<plugin_host::CatalogueMethod> Measuring::find_method(const model::Task &task,
                                                                   model::Outcome &outcome) const
{
    auto method = catalogue_.find_method(task);
    if (method)
        return std::move(*method);
    const plugin_host::PluginFile *held = catalogue_.quarantined(task);
    if (held != nullptr)
        fail(outcome, OutcomeWord::failed, plugin_host::kStatusQuarantined, Blame::platform,
             "plugin " + held->file.filename().string() + " is " + held->reason);
    else
        fail(outcome, OutcomeWord::failed, plugin_host::kStatusNoMethod, Blame::agent, to_string(method.error()));
    return std::nullopt;
}

asio::awaitable<bool> Measuring::look_up(policy::Request &request, plugin_host::Network network,
                                         std::shared_ptr<Stopper> stopper, model::Outcome &outcome)
{
    std::vector<std::string> names = policy::names_among(request.targets);
    auto known = co_await lookup_.look_up(std::move(names), std::move(network), stopper);
    outcome.sent_bytes = known.traffic.sent_bytes;
    outcome.received_bytes = known.traffic.received_bytes;
    if (stopper->stopped()) {
        interrupt(outcome, *stopper);
        co_return false;
    }
    if (!known.addresses) {
        fail(outcome, OutcomeWord::failed, plugin_host::kStatusNoAddress, Blame::resolver,
             to_string(known.addresses.error()));
        co_return false;
    }
    request.addresses = std::move(*known.addresses);
    co_return true;
}

asio::awaitable<std::shared_ptr<plugin_host::Turns::Turn>>
Measuring::wait_for_turn(const Asked &asked, const plugin_host::CatalogueMethod &method,
                         std::shared_ptr<Stopper> stopper)
{
    auto canceller = std::make_shared<plugin_host::Canceller>();
    stopper->on_stop([canceller] { canceller->cancel(); });
    asio::steady_timer limit(host_.executor(), limits_.longest_wait);
    limit.async_wait([canceller](boost::system::error_code error) {
        if (!error)
            canceller->cancel();
    });
    auto turn = co_await host_.turn(method.description, method.index, canceller);
    stopper->on_stop({});
    if (!turn && !stopper->stopped()) {
        log_->warn("turn not waited for any longer schedule={} action={} task={} after_s={}",
                   quoted(asked.who.schedule), quoted(asked.who.action), quoted(asked.who.task),
                   std::chrono::duration_cast<std::chrono::seconds>(limits_.longest_wait).count());
        turn = std::make_shared<plugin_host::Turns::Turn>(); // no place in the queue, and so in nobody's way
    }
    co_return turn;
}

policy::Verdict Measuring::ask(policy::Request &request, Others others)
{
    request.now = now().wall;
    request.used_bytes = budget_.used();
    request.promised_bytes = others == Others::count ? budget_.promised() : 0;
    request.limits = limits_of(data_budget_, usage(), request.now);
    request.running = others == Others::count ? static_cast<unsigned>(beside_.runs()) : 0;
    return policy_.current().judge(request);
}

std::optional<std::string> Measuring::exceeded(const policy::ByteLimit &day) const
{
    policy::ByteLimit owners = day;
    owners.used = budget_.used();
    std::optional<std::string> reason = policy::exceeded(owners);
    for (const policy::ByteLimit &limit : limits_of(data_budget_, usage(), {}))
        if (!reason)
            reason = policy::exceeded(limit);
    return reason;
}

asio::awaitable<void> Measuring::run(const Asked &asked, Admitted admitted, Budget::Meter &meter,
                                     std::shared_ptr<Stopper> stopper, model::Outcome &outcome)
{
    auto ready = co_await budget_.make_ready(meter.limit());
    if (!ready) {
        fail(outcome, OutcomeWord::failed, plugin_host::kStatusNoStorage, Blame::agent,
             kUnbooked + to_string(ready.error()));
        co_return;
    }
    Inputs inputs;
    if (asked.inputs) {
        auto read = co_await asked.inputs();
        if (!read) {
            fail(outcome, OutcomeWord::failed, plugin_host::kStatusNoStorage, Blame::agent,
                 "its input could not be read: " + to_string(read.error()));
            co_return;
        }
        inputs = std::move(*read);
    }
    auto canceller = std::make_shared<plugin_host::Canceller>();
    stopper->on_stop([canceller] { canceller->cancel(); });
    // Why it has to stop.
    std::optional<std::string> over;
    std::optional<Error> unbooked;
    // The policy as it is when the run begins.
    const policy::ByteLimit day = policy_.current().day(0, {});
    const std::uint64_t of_look_up = outcome.sent_bytes + outcome.received_bytes;
    const auto count = [&, canceller](std::uint64_t bytes) {
        const bool stopped = over || unbooked;
        const Result<void> counted = meter.count(of_look_up + bytes);
        if (stopped)
            return;
        over = exceeded(day);
        if (!counted)
            unbooked = counted.error();
        if (over || unbooked)
            canceller->cancel();
    };
    if (of_look_up > 0)
        count(0);
    plugin_host::RowSink &rows = asked.open(admitted.method, count);
    plugin_host::RunRequest request;
    request.plugin = admitted.method.file;
    request.hash = admitted.method.hash;
    request.description = admitted.method.description;
    request.method = admitted.method.index;
    request.arguments = std::move(admitted.arguments);
    request.not_before = asked.due.monotonic;
    request.deadline = later_of(now(), asked.due.monotonic).monotonic + limits_.longest_run;
    request.canceller = canceller;
    request.turn = std::move(admitted.turn);
    request.parameters = parameters_;
    request.inputs = std::move(inputs);
    request.known_names = std::move(admitted.known_names);

    const plugin_host::RunResult result = co_await host_.run(std::move(request), rows);
    stopper->on_stop({});

    // One that had ended before the word came to it was not interrupted.
    if (stopper->stopped() && result.status == plugin_host::kStatusCancelled)
        fail(outcome, OutcomeWord::interrupted, result.status, Blame::agent, stopper->reason());
    else if (over)
        refuse(outcome, *over);
    else if (unbooked)
        fail(outcome, OutcomeWord::failed, plugin_host::kStatusNoStorage, Blame::agent,
             kUnbooked + to_string(*unbooked));
    else
        fail(outcome, word_of(result), result.status, result.blame, result.message);
    outcome.start = later_of(result.started, asked.due).wall;
    outcome.end = later_of(result.ended, asked.due).wall;
    if (result.began)
        outcome.lateness = result.started.monotonic - asked.due.monotonic;
    outcome.rows = result.rows;
    outcome.sent_bytes += result.sent_bytes;
    outcome.received_bytes += result.received_bytes;
}

} // namespace sonde::agent
