#include "programs/agent/constraints/constraints.hpp"

#include "model/options.hpp"
#include "model/report_task.hpp"
#include "programs/agent/constraints/comparison.hpp"
#include "programs/agent/constraints/line.hpp"
#include "programs/agent/constraints/power.hpp"
#include "schedule/local_time.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>
#include <variant>

namespace sonde::agent {

namespace {

constexpr auto kUndisturbed = asio::as_tuple(asio::use_awaitable);

// In the order of model::Constraint::type.
constexpr const char *kTypeNames[] = {"line-idle",         "interface-up",     "on-battery",
                                      "local-time-window", "data-budget-left", "method-result"};

// Which of them is not met, by its name where that says more than its type.
Verdict of(const model::Constraint &constraint, Verdict verdict)
{
    const std::string type = kTypeNames[constraint.type.index()];
    if (!verdict.met)
        verdict.reason = (constraint.name == type ? type : constraint.name + " (" + type + ")") + " " + verdict.reason;
    return verdict;
}

auto watched(const std::vector<model::Constraint> &constraints)
{
    return std::count_if(constraints.begin(), constraints.end(), [](const model::Constraint &constraint) {
        return std::holds_alternative<model::LineIdle>(constraint.type);
    });
}

bool measures(const schedule::Work &work)
{
    return !std::all_of(work.tasks.begin(), work.tasks.end(), model::is_report_task);
}

std::string time_text(std::chrono::seconds time_of_day)
{
    const auto minutes = time_of_day / std::chrono::minutes(1);
    char text[32];
    std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
    return text;
}

} // namespace

Constraints::Constraints(asio::any_io_executor executor, Budget &budget, Measuring &measuring,
                         Surroundings surroundings)
    : executor_(std::move(executor)), budget_(budget), measuring_(measuring), surroundings_(std::move(surroundings))
{
}

bool Constraints::watch_first(const schedule::Work &work)
{
    return watched(work.schedule.constraints) != 0;
}

asio::awaitable<Verdict> Constraints::look(std::shared_ptr<const schedule::Work> work, std::shared_ptr<Stopper> stopper,
                                           std::function<void()> soon)
{
    // The actions are then refused with the policy's own reason, which the operator should see.
    if (measuring_.denies_all() && measures(*work))
        co_return Verdict{};
    const std::vector<model::Constraint> &constraints = work->schedule.constraints;
    Verdict at_once = judge_at_once(constraints);
    if (!at_once.met)
        co_return at_once;
    bool waited = false;
    auto windows = watched(constraints);
    for (const model::Constraint &constraint : constraints) {
        const auto *wanted = std::get_if<model::LineIdle>(&constraint.type);
        if (stopper->stopped() || wanted == nullptr)
            continue;
        waited = true;
        std::function<void()> before_the_rest = --windows == 0 ? soon : nullptr;
        Verdict verdict = co_await watch(*wanted, stopper, std::move(before_the_rest));
        if (!verdict.met)
            co_return of(constraint, std::move(verdict));
    }
    for (const model::Constraint &constraint : constraints) {
        const auto *wanted = std::get_if<model::MethodResult>(&constraint.type);
        if (stopper->stopped() || wanted == nullptr)
            continue;
        waited = true;
        soon();
        Verdict verdict = co_await measure(*wanted, *work, stopper);
        if (!verdict.met)
            co_return of(constraint, std::move(verdict));
    }
    // What held before may have ceased to meanwhile.
    if (waited)
        at_once = judge_at_once(constraints);
    co_return at_once;
}

Verdict Constraints::judge_at_once(const std::vector<model::Constraint> &constraints) const
{
    for (const model::Constraint &constraint : constraints) {
        Verdict verdict = std::visit([this](const auto &wanted) { return judge(wanted); }, constraint.type);
        if (!verdict.met)
            return of(constraint, std::move(verdict));
    }
    return {};
}

Verdict Constraints::judge(const model::InterfaceUp &wanted) const
{
    const auto up = is_up(wanted.interface);
    if (!up)
        return Verdict::not_met(to_string(up.error()));
    return *up ? Verdict{} : Verdict::not_met("interface " + wanted.interface + " is down or has no carrier");
}

Verdict Constraints::judge(const model::OnBattery &wanted) const
{
    const bool is = on_battery(surroundings_.supplies);
    if (is == wanted.value)
        return {};
    return Verdict::not_met(is ? "the machine runs on battery" : "the machine does not run on battery");
}

Verdict Constraints::judge(const model::LocalTimeWindow &wanted) const
{
    const std::chrono::seconds time = schedule::time_of_day(surroundings_.zone, now().wall);
    if (schedule::in_window(wanted, time))
        return {};
    return Verdict::not_met("it is " + time_text(time) + ", not in " + time_text(wanted.from) + " to " +
                            time_text(wanted.until));
}

Verdict Constraints::judge(const model::DataBudgetLeft &wanted) const
{
    const std::uint64_t left = measuring_.bytes_left();
    if (left >= wanted.bytes_min)
        return {};
    return Verdict::not_met(std::to_string(left) + " bytes < " + std::to_string(wanted.bytes_min) + " bytes");
}

asio::awaitable<void> Constraints::wait_until(MonotonicTime time, std::shared_ptr<Stopper> stopper)
{
    asio::steady_timer timer(executor_, time);
    stopper->on_stop([&timer] { timer.cancel(); });
    if (!stopper->stopped())
        co_await timer.async_wait(kUndisturbed);
    stopper->on_stop({});
}

asio::awaitable<Verdict> Constraints::watch(const model::LineIdle &wanted, std::shared_ptr<Stopper> stopper,
                                            std::function<void()> soon)
{
    const std::optional<std::string> interface = wanted.interface ? wanted.interface : default_interface();
    if (!interface)
        co_return Verdict::not_met("cannot be told: there is no default route");
    const auto before = bytes_of(*interface);
    if (!before)
        co_return Verdict::not_met("cannot be told: " + to_string(before.error()));
    const std::uint64_t own_before = budget_.counted_on(*interface), unknown_before = budget_.counted_on("");
    const MonotonicTime begun = now().monotonic;

    const MonotonicTime end = begun + std::max(wanted.window, std::chrono::seconds(1));
    if (soon) {
        co_await wait_until(end - kWarmAhead, stopper);
        if (!stopper->stopped())
            soon();
    }
    co_await wait_until(end, stopper);

    const auto after = bytes_of(*interface);
    if (!after)
        co_return Verdict::not_met("cannot be told: " + to_string(after.error()));
    if (*after < *before)
        co_return Verdict::not_met("cannot be told: interface " + *interface + " was made anew meanwhile");
    const std::uint64_t line = *after - *before;
    const std::uint64_t own = budget_.counted_on(*interface) - own_before;
    const std::chrono::duration<double> time = now().monotonic - begun;
    const double allowed = static_cast<double>(wanted.bytes_per_second_max) * time.count();
    if (budget_.counted_on("") != unknown_before)
        co_return Verdict::not_met("cannot be told: a measurement was under way whose interface is not known");
    // A run that counts late, or what never was on this line, would hide what others use. An eighth: where the
    // interface puts packets together, it counts fewer headers than a run does.
    if (static_cast<double>(own) > static_cast<double>(line) * 9 / 8 + allowed)
        co_return Verdict::not_met("cannot be told: measurements count more than interface " + *interface +
                                   " carried meanwhile");
    const std::uint64_t others = line - std::min(line, own);
    const double rate = static_cast<double>(others) / time.count();
    if (rate <= static_cast<double>(wanted.bytes_per_second_max))
        co_return Verdict{};
    co_return Verdict::not_met(rate_text(rate) + " > " + rate_text(static_cast<double>(wanted.bytes_per_second_max)));
}

asio::awaitable<Verdict> Constraints::measure(const model::MethodResult &wanted, const schedule::Work &work,
                                              std::shared_ptr<Stopper> stopper)
{
    const auto task = work.constraint_tasks.find(wanted.task);
    if (task == work.constraint_tasks.end())
        co_return Verdict::not_met("cannot be told: there is no task '" + wanted.task + "'");
    std::optional<ComparedRows> rows;
    model::Conflict who{work.schedule.name, "", wanted.task};
    std::vector<model::Option> options = model::merge_options(task->second, model::Action());
    Measuring::Asked asked{task->second, std::move(options), {}, std::move(who), now(), {}, {}};
    asked.open = [&](const plugin_host::CatalogueMethod &method, Measuring::Traffic traffic) -> plugin_host::RowSink & {
        return rows.emplace(wanted, method.method(), std::move(traffic));
    };
    model::Outcome outcome;
    [[maybe_unused]] const auto beside = co_await measuring_.measure(asked, stopper, outcome);
    if (outcome.word != model::OutcomeWord::completed)
        co_return Verdict::not_met("cannot be told: " + wanted.task + " was " + model::to_string(outcome.word) + ", " +
                                   outcome.message);
    co_return rows->verdict();
}

} // namespace sonde::agent
