// The schedule engine alone: triggers a second beside a bare loop over a heap of timers and beside a calendar that
// polls; the memory of ten thousand schedules beside their instruction's; and how evenly a fleet falls on the seconds
// beside a drawn one.
#include "figures.hpp"
#include "schedule/engine.hpp"
#include "schedule/fleet.hpp"

#include <cstdlib>
#include <ctime>
#include <memory>
#include <queue>
#include <random>

#include <malloc.h>

using namespace sonde;
using namespace sonde::bench;
using namespace sonde::schedule;
using sonde::schedule::test::busiest;
using sonde::schedule::test::fleet_load;
using sonde::schedule::test::FleetLoad;
using sonde::schedule::test::kFleetPeriod;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr const char *kTriggersWanted = " (wanted: at least 1,000,000)";
constexpr WallTime kBegin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

model::Calendar calendar_of(std::uint64_t hours, std::uint64_t minutes, std::uint64_t seconds)
{
    model::Calendar calendar;
    calendar.month = calendar.day_of_month = calendar.day_of_week = {true, 0};
    calendar.hour.values = hours;
    calendar.minute.values = minutes;
    calendar.second.values = seconds;
    return calendar;
}

model::Event event_of(const std::string &name, decltype(model::Event::type) type)
{
    model::Event event;
    event.name = name;
    event.type = std::move(type);
    return event;
}

model::Instruction instruction_of(std::size_t schedules, const model::Event &event)
{
    model::Instruction instruction;
    instruction.events.push_back(event);
    instruction.tasks.emplace_back().name = "t";
    for (std::size_t i = 0; i < schedules; ++i) {
        model::Schedule schedule;
        schedule.name = "schedule-" + std::to_string(i);
        schedule.start = event.name;
        schedule.execution_mode = model::ExecutionMode::sequential;
        model::Action &action = schedule.actions.emplace_back();
        action.name = action.task = "t";
        instruction.schedules.push_back(std::move(schedule));
    }
    return instruction;
}

double rate(std::uint64_t count, double seconds)
{
    return static_cast<double>(count) / seconds;
}

// Triggers a second of one event, each found from the one before.
double triggers(const Timing &timing)
{
    constexpr std::uint64_t kCount = 1'000'000;
    const auto begin = Clock::now();
    WallTime at = kBegin;
    for (std::uint64_t i = 0; i < kCount; ++i) {
        const auto next = timing.first_from(at);
        at = next ? *next + 1ns : kBegin; // anew, at the end of time
    }
    return rate(kCount, seconds_since(begin));
}

// The same by a look at every second, as a polling calendar does it.
double polled(const model::Calendar &calendar)
{
    const auto begin = Clock::now();
    std::uint64_t found = 0;
    std::time_t time = std::chrono::floor<std::chrono::seconds>(kBegin).time_since_epoch().count();
    for (int i = 0; i < 2'000'000; ++i, ++time) {
        std::tm local{};
        localtime_r(&time, &local);
        found += calendar.second.holds(unsigned(local.tm_sec)) && calendar.minute.holds(unsigned(local.tm_min)) &&
                         calendar.hour.holds(unsigned(local.tm_hour))
                     ? 1
                     : 0;
    }
    return rate(found, seconds_since(begin));
}

// Whole runs a second through the engine: planned, durable, due, started, ended, accounted for.
double runs(std::size_t schedules)
{
    std::mt19937_64 random(1);
    Engine engine({}, [&random] { return random(); });
    Now now{kBegin + 1ns, MonotonicTime(1000s)};
    std::vector<Uuid> planned;
    std::vector<std::pair<Uuid, std::size_t>> started;
    const auto note = [&](const Decisions &decisions) {
        for (const Decision &decision : decisions) {
            if (const auto *plan = std::get_if<Plan>(&decision))
                planned.push_back(plan->intent->id);
            else if (const auto *start = std::get_if<Start>(&decision))
                started.emplace_back(start->intent->id, start->action);
        }
    };
    std::uint64_t ended = 0;
    // As an agent does it: all becomes durable at once, then one run after the other ends.
    const auto carry = [&](const Decisions &decisions) {
        note(decisions);
        for (std::size_t i = 0; i < planned.size(); ++i)
            note(engine.planned(Uuid(planned[i]), now));
        for (std::size_t i = 0; i < started.size(); ++i, ++ended)
            note(engine.action_ended(Uuid(started[i].first), started[i].second, now));
        planned.clear();
        started.clear();
    };
    carry(engine.start(instruction_of(schedules, event_of("e", model::Periodic{1s, kBegin, {}})), {}, now));
    const auto begin = Clock::now();
    while (ended < 300'000) {
        const WallTime due = *engine.next_wakeup().wall;
        now.monotonic += due - now.wall;
        now.wall = due;
        carry(engine.advance(now));
    }
    return rate(ended, seconds_since(begin));
}

// Timers that do nothing but come again.
double heap(std::size_t timers)
{
    std::priority_queue<std::pair<WallTime, std::size_t>, std::vector<std::pair<WallTime, std::size_t>>, std::greater<>>
        dues;
    for (std::size_t i = 0; i < timers; ++i)
        dues.emplace(kBegin, i);
    const auto begin = Clock::now();
    for (int i = 0; i < 300'000; ++i) {
        const auto [due, timer] = dues.top();
        dues.pop();
        dues.emplace(due + 1s, timer);
    }
    return rate(300'000, seconds_since(begin));
}

// `wanted` is what is asked of the engine, for the figures that anything is asked of.
void compare(const char *what, const char *unit, const char *control, double (*ours)(), double (*theirs)(),
             const char *wanted = "")
{
    std::vector<double> figures;
    std::vector<double> others;
    std::vector<double> ratios;
    for (int round = 0; round < kRounds; ++round) {
        figures.push_back(ours());
        others.push_back(theirs());
        ratios.push_back(figures.back() / others.back());
    }
    std::printf("%-44s %11.0f %s; %s %11.0f; ratio %.3g (median of %d)%s\n", what, median(figures), unit, control,
                median(others), median(ratios), kRounds, wanted);
}

std::size_t allocated()
{
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

void memory()
{
    constexpr std::size_t kSchedules = 10'000;
    const std::size_t before = allocated();
    auto instruction = instruction_of(kSchedules, event_of("e", calendar_of(1, 1, 1)));
    const std::size_t with_instruction = allocated();
    std::mt19937_64 random(1);
    Engine engine({}, [&random] { return random(); });
    const Decisions plans = engine.start(instruction, {}, {kBegin + 1ns, MonotonicTime(1000s)});
    const std::size_t with_plans = allocated();
    const std::size_t decisions = plans.capacity() * sizeof(Decision);
    std::printf(
        "%-44s %11.1f MB at most (with %zu intents planned, less the answer's array of %.1f MB; wanted: under 20); "
        "their instruction %.1f MB\n",
        "10,000 schedules in the engine", static_cast<double>(with_plans - with_instruction - decisions) / 1e6,
        plans.size(), static_cast<double>(decisions) / 1e6, static_cast<double>(with_instruction - before) / 1e6);
}

void fleet()
{
    constexpr std::uint64_t kAgents = 100'000;
    std::mt19937_64 random(1);
    std::vector<unsigned> drawn(kFleetPeriod.count());
    for (std::uint64_t i = 0; i < kAgents; ++i)
        ++drawn[random() % drawn.size()];
    for (const bool spread : {false, true}) {
        const FleetLoad load = fleet_load(kAgents, spread);
        std::printf("%-44s %11.3f of the mean, %.3f right after all restarted at once (wanted: at most 1.25); "
                    "drawn at random %.3f\n",
                    spread ? "busiest second of 100,000, random-spread" : "busiest second of 100,000, without start",
                    busiest(load.before), busiest(load.restarted), busiest(drawn));
    }
}

} // namespace

int main()
{
    std::printf("schedule: %s\n", pin(1).c_str());
    const StealTime steal;
    compare(
        "triggers of a periodic event", "a second", "bare heap of timers",
        [] {
            return triggers(Timing(event_of("e", model::Periodic{60s, {}, {}}), {}));
        },
        [] { return heap(1); }, kTriggersWanted);
    setenv("TZ", "Europe/London", 1);
    tzset();
    compare(
        "triggers of a calendar, hourly in London", "a second", "polled each second",
        [] {
            return triggers(
                Timing(event_of("e", calendar_of(0xffffff, 1, 1)), {}, Zone::named("Europe/London").value()));
        },
        [] { return polled(calendar_of(0xffffff, 1, 1)); }, kTriggersWanted);
    compare(
        "runs through the engine, 1 schedule", "a second", "bare heap of timers", [] { return runs(1); },
        [] { return heap(1); });
    compare(
        "runs through the engine, 1000 schedules", "a second", "bare heap of timers", [] { return runs(1000); },
        [] { return heap(1000); });
    compare(
        "runs through the engine, 10000 schedules", "a second", "bare heap of timers", [] { return runs(10'000); },
        [] { return heap(10'000); });
    memory();
    fleet();
}
