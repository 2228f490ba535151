#pragma once

#include "schedule/world.hpp"

#include <algorithm>
#include <ctime>

namespace sonde::schedule::test {

// Counts planned runs from the instruction and the log of what was done alone: naively, trigger by trigger.
class Oracle {
public:
    // Whose events without a start it counts.
    explicit Oracle(const Uuid &agent) : agent_(agent) {}

    // `ahead`: runs of schedules that end here, by name, which count although their triggers have not been reached.
    void replace(const model::Instruction &instruction, WallTime at, std::map<std::string, std::uint64_t> ahead = {})
    {
        for (auto it = lives_.begin(); it != lives_.end();) {
            if (configuration(instruction, it->first) == it->second.configuration) {
                ++it;
                continue;
            }
            past_[it->first] += it->second.planned_runs() + ahead[it->first];
            it = lives_.erase(it);
        }
        for (const model::Schedule &schedule : instruction.schedules) {
            if (lives_.contains(schedule.name))
                continue;
            Life life{configuration(instruction, schedule.name), at, at, at - 1ns, ++serial_, 0};
            if (const auto *periodic = std::get_if<model::Periodic>(&life.configuration->event.type))
                life.first =
                    periodic->start ? *periodic->start : without_start(life.configuration->event, *periodic, at);
            life.fired = std::holds_alternative<model::Immediate>(life.configuration->event.type) ? 1 : 0;
            life.scan();
            lives_.emplace(schedule.name, life);
        }
    }
    void start(WallTime at)
    {
        for (auto &[name, life] : lives_) {
            if (std::holds_alternative<model::Startup>(life.configuration->event.type))
                ++life.fired;
        }
        pass(at);
    }
    void pass(WallTime to)
    {
        for (auto &[name, life] : lives_) {
            life.to = std::max(life.to, to);
            life.scan();
        }
    }
    void controller(bool lost)
    {
        for (auto &[name, life] : lives_) {
            const auto &type = life.configuration->event.type;
            if (lost ? std::holds_alternative<model::ControllerLost>(type)
                     : std::holds_alternative<model::ControllerConnected>(type))
                ++life.fired;
        }
    }

    std::uint64_t planned_runs(const std::string &name) const
    {
        const auto past = past_.find(name);
        const auto life = lives_.find(name);
        return (past == past_.end() ? 0 : past->second) + (life == lives_.end() ? 0 : life->second.planned_runs());
    }
    WallTime reached(const std::string &name) const { return lives_.at(name).to; }
    std::uint64_t serial(const std::string &name) const { return lives_.at(name).serial; }
    bool timed(const std::string &name) const { return !lives_.at(name).at_what_happens(); }

private:
    struct Configuration {
        model::Schedule schedule;
        model::Event event;
        std::optional<model::Event> end;
        std::vector<model::Task> tasks;

        bool operator==(const Configuration &) const = default;
    };
    struct Life {
        std::optional<Configuration> configuration;
        WallTime from;
        WallTime to;      // the highest that the clock has shown
        WallTime scanned; // for calendars
        std::uint64_t serial;
        std::uint64_t fired;
        WallTime first{}; // of a periodic event's triggers, or one before `from`

        bool at_what_happens() const
        {
            const auto &type = configuration->event.type;
            return !std::holds_alternative<model::Periodic>(type) && !std::holds_alternative<model::OneOff>(type) &&
                   !std::holds_alternative<model::Calendar>(type);
        }
        // Second by second, in UTC.
        void scan()
        {
            const auto *calendar = std::get_if<model::Calendar>(&configuration->event.type);
            if (calendar == nullptr)
                return;
            for (auto t = std::chrono::floor<std::chrono::seconds>(scanned) + 1s; t <= to; t += 1s) {
                const std::time_t time = t.time_since_epoch().count();
                std::tm utc{};
                gmtime_r(&time, &utc);
                fired += calendar->second.holds(unsigned(utc.tm_sec)) && calendar->minute.holds(unsigned(utc.tm_min)) &&
                                 calendar->hour.holds(unsigned(utc.tm_hour))
                             ? 1
                             : 0;
            }
            scanned = to;
        }
        std::uint64_t triggers() const
        {
            if (const auto *once = std::get_if<model::OneOff>(&configuration->event.type))
                return once->time <= to ? 1 : 0;
            const auto *periodic = std::get_if<model::Periodic>(&configuration->event.type);
            if (periodic == nullptr)
                return fired;
            std::uint64_t count = 0;
            for (WallTime t = first; t <= to && (!periodic->end || t < *periodic->end); t += periodic->interval)
                count += t >= from ? 1 : 0;
            return count;
        }
        std::uint64_t planned_runs() const { return triggers() * configuration->schedule.actions.size(); }
    };

    static std::optional<Configuration> configuration(const model::Instruction &instruction, const std::string &name)
    {
        for (const model::Schedule &schedule : instruction.schedules) {
            if (schedule.name != name)
                continue;
            Configuration found{schedule, {}, {}, {}};
            for (const model::Event &event : instruction.events) {
                if (event.name == schedule.start)
                    found.event = event;
                if (event.name == schedule.end)
                    found.end = event;
            }
            const auto take = [&](const std::string &task_name) {
                for (const model::Task &task : instruction.tasks) {
                    if (task.name == task_name)
                        found.tasks.push_back(task);
                }
            };
            for (const model::Action &action : schedule.actions)
                take(action.task);
            for (const model::Constraint &constraint : schedule.constraints) {
                if (const auto *result = std::get_if<model::MethodResult>(&constraint.type))
                    take(result->task);
            }
            return found;
        }
        return std::nullopt;
    }

    WallTime without_start(const model::Event &event, const model::Periodic &periodic, WallTime at) const
    {
        const WallTime first(phase(agent_, event.name, periodic.interval));
        return first + (at - first) / periodic.interval * periodic.interval;
    }

    Uuid agent_;
    std::map<std::string, Life> lives_;
    std::map<std::string, std::uint64_t> past_;
    std::uint64_t serial_ = 0;
};

} // namespace sonde::schedule::test
