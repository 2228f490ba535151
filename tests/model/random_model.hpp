#pragma once

#include "model/capabilities.hpp"
#include "model/cells.hpp"
#include "model/instruction.hpp"
#include "model/report.hpp"
#include "model/report_task.hpp"
#include "model/state.hpp"
#include "random_constraints.hpp"

#include <cmath>
#include <cstring>
#include <random>

// Good instructions, states, reports and capabilities at random: every node is there in some of them and absent in
// others.
class RandomModel {
public:
    explicit RandomModel(std::uint64_t seed) : random_(seed) {}

    sonde::model::Instruction instruction()
    {
        using namespace sonde::model;
        Instruction all;
        all.agent = agent();
        for (std::size_t i = 0, n = upto(4); i <= n; ++i)
            all.events.push_back(event(name("event", i)));
        for (std::size_t i = 0, n = upto(4); i <= n; ++i)
            all.tasks.push_back(task(name("task", i)));
        Task report{"report", {{std::string(kReportUri), {}}}, std::nullopt, {}, tags()};
        report.options = options();
        report.options.push_back({"to", std::string(kCollectorOption), "https://192.0.2.1:8444"});
        all.tasks.push_back(report);
        Schedule reports;
        reports.name = "reports";
        reports.start = all.events[0].name;
        reports.execution_mode = ExecutionMode::sequential;
        reports.actions.push_back({"report", "report", options(), {}, tags(), tags()});
        all.schedules.push_back(reports);
        for (std::size_t i = 0, n = upto(4); i < n; ++i)
            all.schedules.push_back(schedule(name("schedule", i), all));
        for (std::size_t i = 0, n = upto(3); i < n; ++i)
            all.suppressions.push_back(suppression(name("suppression", i), all));
        return all;
    }

    // What an agent may say while that instruction is in force.
    sonde::model::AgentState state()
    {
        using namespace sonde::model;
        const Instruction in_force = instruction();
        AgentState all;
        all.capabilities = capabilities();
        all.capabilities.refused_plugins.clear();
        all.configuration = in_force.agent;
        all.last_started = time();
        all.clock = clock();
        all.tasks = in_force.tasks;
        all.events = in_force.events;
        for (const Schedule &schedule : in_force.schedules)
            all.schedules.push_back(schedule_state(schedule));
        for (const Suppression &suppression : in_force.suppressions)
            all.suppressions.push_back({suppression, static_cast<SuppressionActivity>(upto(2))});
        return all;
    }

    sonde::model::Report report()
    {
        sonde::model::Report all;
        all.date = time();
        maybe([&] { all.agent_id = uuid(); });
        maybe([&] { all.group_id = text(); });
        maybe([&] { all.measurement_point = text(); });
        all.clock = clock();
        for (std::size_t i = 0, n = upto(4); i < n; ++i)
            all.results.push_back(result());
        return all;
    }

    sonde::model::ReportedResult result()
    {
        sonde::model::ReportedResult one;
        one.identity = {uuid(), random_()};
        one.run = uuid();
        maybe([&] { one.part = static_cast<std::uint32_t>(random_()); });
        one.last = chance();
        one.method = word();
        maybe([&] { one.method_version = word(); });
        maybe([&] { one.plugin_hash = hash(); });
        maybe([&] { one.plugin_version = text(); });
        maybe([&] { one.schedule = word(); });
        maybe([&] { one.action = word(); });
        maybe([&] { one.task = word(); });
        one.options = options();
        one.tags = tags();
        maybe([&] { one.event = time(); });
        one.start = time();
        maybe([&] { one.end = time(); });
        maybe([&] { one.cycle_number = "20261124.040000"; });
        one.status = static_cast<std::int32_t>(random_());
        one.message = text();
        maybe([&] { one.conflicts = {{word(), word(), word()}, {"", word(), ""}}; });
        for (std::size_t i = 0, n = upto(3); i < n; ++i)
            one.tables.push_back(table());
        return one;
    }

    sonde::model::Capabilities capabilities()
    {
        sonde::model::Capabilities all;
        all.version = text();
        all.tags = tags();
        for (std::size_t i = 0, n = upto(4); i < n; ++i) {
            auto &task = all.tasks.emplace_back();
            task.name = name("method", i);
            task.functions = functions();
            task.version = text();
            task.program = text();
            maybe([&] { task.plugin_hash = hash(); });
            maybe([&] { task.plugin_version = text(); });
        }
        for (std::size_t i = 0, n = upto(3); i < n; ++i)
            all.refused_plugins.push_back({name("/plugins/x.so", i), text()});
        return all;
    }

    std::vector<sonde::model::Failure> failures()
    {
        std::vector<sonde::model::Failure> all;
        for (std::size_t i = 0, n = upto(4); i < n; ++i)
            all.push_back({time(), word(), text(), text(), {uuid(), random_()}});
        return all;
    }

    std::size_t upto(std::size_t most) { return random_() % (most + 1); }

private:
    bool chance() { return random_() % 2 == 0; }

    template <class Act>
    void maybe(Act act)
    {
        if (chance())
            act();
    }

    std::string name(const std::string &kind, std::size_t i) { return kind + std::to_string(i) + text(); }
    std::string word() { return "w" + text(); }

    // Anything that YANG allows: quotes, line ends, other scripts and planes.
    std::string text()
    {
        static const std::vector<std::string> pieces{"a",
                                                     "Z",
                                                     "0",
                                                     " ",
                                                     "\"",
                                                     "'",
                                                     "\\",
                                                     "/",
                                                     "\n",
                                                     "\t",
                                                     "]",
                                                     "&",
                                                     "<",
                                                     "\x7f",
                                                     "\xc3\xa9",
                                                     "\xe2\x82\xac",
                                                     "\xf0\x9f\x98\x80",
                                                     "\xef\xbf\xbd"};
        std::string all;
        for (std::size_t i = 0, n = upto(8); i < n; ++i)
            all += pieces[upto(pieces.size() - 1)];
        return all;
    }

    sonde::WallTime time()
    {
        sonde::WallTime time(
            std::chrono::nanoseconds(static_cast<std::int64_t>(random_() % 4'000'000'000'000'000'000)));
        return chance() ? std::chrono::floor<std::chrono::seconds>(time) : time;
    }

    sonde::Uuid uuid()
    {
        sonde::Uuid id;
        for (auto &byte : id)
            byte = static_cast<std::uint8_t>(random_());
        return id;
    }

    std::string hash()
    {
        std::string all;
        for (int i = 0; i < 64; ++i)
            all += "0123456789abcdef"[random_() % 16];
        return all;
    }

    std::chrono::seconds seconds() { return std::chrono::seconds(1 + random_() % 4294967295); }

    std::vector<std::string> tags()
    {
        std::vector<std::string> all;
        for (std::size_t i = 0, n = upto(3); i < n; ++i)
            all.push_back(name("tag", i));
        return all;
    }

    std::vector<sonde::model::Option> options()
    {
        std::vector<sonde::model::Option> all;
        for (std::size_t i = 0, n = upto(3); i < n; ++i) {
            all.push_back({name("id", i), word(), std::nullopt});
            maybe([&] { all.back().value = text(); });
        }
        return all;
    }

    std::vector<sonde::model::Function> functions()
    {
        std::vector<sonde::model::Function> all;
        for (std::size_t i = 0, n = upto(3); i < n; ++i)
            all.push_back({"urn:x:" + std::to_string(i), tags()});
        return all;
    }

    sonde::model::AgentConfiguration agent()
    {
        sonde::model::AgentConfiguration all;
        maybe([&] { all.agent_id = uuid(); });
        maybe([&] { all.group_id = text(); });
        maybe([&] { all.measurement_point = text(); });
        all.report_agent_id = all.agent_id && chance();
        all.report_group_id = all.group_id && chance();
        all.report_measurement_point = all.measurement_point && chance();
        maybe([&] { all.controller_timeout = seconds(); });
        maybe([&] { all.data_budget = RandomConstraints(random_).budget(); });
        maybe([&] { all.channel = channel(); });
        return all;
    }

    sonde::model::Channel channel()
    {
        sonde::model::Channel one;
        maybe([&] { one.longest_poll = std::chrono::seconds(1 + upto(119)); });
        maybe([&] { one.report_bytes_max = 16'384 + static_cast<std::uint32_t>(upto(8'372'224)); });
        maybe([&] { one.report_retry_max = std::chrono::seconds(1 + upto(86'399)); });
        return one;
    }

    sonde::model::Event event(std::string name)
    {
        using namespace sonde::model;
        Event one;
        one.name = std::move(name);
        maybe([&] { one.random_spread = seconds(); });
        maybe([&] { one.cycle_interval = seconds(); });
        switch (random_() % 7) {
        case 0: {
            Periodic periodic;
            periodic.interval = seconds();
            maybe([&] { periodic.start = time(); });
            maybe([&] { periodic.end = periodic.start.value_or(time()) + seconds(); });
            one.type = periodic;
            break;
        }
        case 1:
            one.type = OneOff{time()};
            break;
        case 2:
            one.type = Immediate{};
            break;
        case 3:
            one.type = ControllerLost{};
            break;
        case 4:
            one.type = ControllerConnected{};
            break;
        case 5:
            one.type = calendar();
            break;
        default:
            one.type = Startup{};
        }
        return one;
    }

    sonde::model::CalendarField field(unsigned least, unsigned most, unsigned surely)
    {
        sonde::model::CalendarField one;
        one.every = chance();
        const std::uint64_t all = (std::uint64_t{2} << most) - (std::uint64_t{1} << least);
        if (!one.every || random_() % 8 == 0)
            one.values = (random_() & all) | std::uint64_t{1} << surely;
        return one;
    }

    // Some of its days are in every month, and its window is so long that all of them come.
    sonde::model::Calendar calendar()
    {
        using namespace std::chrono;
        sonde::model::Calendar one;
        one.month = field(1, 12, 1 + static_cast<unsigned>(upto(11)));
        one.day_of_month = field(1, 31, 1 + static_cast<unsigned>(upto(27)));
        one.day_of_week = field(1, 7, 1 + static_cast<unsigned>(upto(6)));
        one.hour = field(0, 23, static_cast<unsigned>(upto(23)));
        one.minute = field(0, 59, static_cast<unsigned>(upto(59)));
        one.second = field(0, 59, static_cast<unsigned>(upto(59)));
        maybe([&] { one.timezone_offset = minutes(static_cast<int>(upto(2 * 1439)) - 1439); });
        maybe([&] { one.start = time(); });
        maybe([&] { one.end = one.start.value_or(time()) + days(365 * 41) + std::chrono::seconds(upto(1'000'000)); });
        return one;
    }

    sonde::model::Task task(std::string name)
    {
        sonde::model::Task one;
        one.name = std::move(name);
        one.functions = functions();
        if (one.functions.empty() || chance())
            one.program = "ping";
        one.options = options();
        one.tags = tags();
        maybe([&] { one.interface = "eth0"; });
        maybe([&] { one.family = chance() ? sonde::model::Family::ipv4 : sonde::model::Family::ipv6; });
        return one;
    }

    sonde::model::Schedule schedule(std::string name_, const sonde::model::Instruction &all)
    {
        using namespace sonde::model;
        Schedule one;
        one.name = std::move(name_);
        one.start = all.events[upto(all.events.size() - 1)].name;
        one.tags = tags();
        one.suppression_tags = tags();
        for (std::size_t i = 0, n = upto(3); i < n; ++i) {
            Action action;
            action.name = name("action", i);
            action.task = all.tasks[upto(all.tasks.size() - 2)].name; // any but the report
            action.options = options();
            maybe([&] { action.destinations = {"reports"}; });
            action.report_tables = tags();
            action.tags = tags();
            action.suppression_tags = tags();
            one.actions.push_back(action);
        }
        one.execution_mode = static_cast<ExecutionMode>(upto(2));
        if (chance())
            one.end = all.events[upto(all.events.size() - 1)].name;
        else if (chance())
            one.duration = seconds();
        for (std::size_t i = 0, n = upto(3); i < n; ++i)
            one.constraints.push_back(
                RandomConstraints(random_).constraint(name("constraint", i), all.tasks[0].name, text()));
        maybe([&] { one.retries = RandomConstraints(random_).retries(); });
        return one;
    }

    sonde::model::Suppression suppression(std::string name_, const sonde::model::Instruction &all)
    {
        sonde::model::Suppression one;
        one.name = std::move(name_);
        maybe([&] { one.start = all.events[upto(all.events.size() - 1)].name; });
        maybe([&] { one.end = all.events[upto(all.events.size() - 1)].name; });
        one.match = tags();
        one.stop_running = chance();
        return one;
    }

    sonde::model::Counts counts()
    {
        const auto count = [this] { return static_cast<std::uint32_t>(random_()); };
        return {random_(), count(), count(), count(), count()};
    }

    std::optional<sonde::model::ClockState> clock()
    {
        std::optional<sonde::model::ClockState> one;
        maybe([&] { one = sonde::model::ClockState{chance(), std::nullopt}; });
        if (one)
            maybe([&] { one->estimated_error_us = static_cast<std::uint32_t>(random_()); });
        return one;
    }

    sonde::model::ScheduleState schedule_state(sonde::model::Schedule schedule)
    {
        sonde::model::ScheduleState one;
        for (const sonde::model::Action &action : schedule.actions)
            one.actions.push_back(action_state(action));
        schedule.actions.clear();
        one.configuration = std::move(schedule);
        one.activity = static_cast<sonde::model::Activity>(upto(3));
        one.counts = counts();
        maybe([&] { one.last_invocation = time(); });
        return one;
    }

    sonde::model::ActionState action_state(const sonde::model::Action &action)
    {
        sonde::model::ActionState one;
        one.configuration = action;
        one.activity = static_cast<sonde::model::Activity>(upto(3));
        one.counts = counts();
        maybe([&] { one.last_invocation = time(); });
        maybe([&] { one.last_completion = time(); });
        one.last_status = static_cast<std::int32_t>(random_());
        one.last_message = text();
        maybe([&] { one.last_failed_completion = time(); });
        one.last_failed_status = static_cast<std::int32_t>(random_());
        one.last_failed_message = text();
        maybe([&] { one.outcomes = {random_(), upto(3), upto(3), upto(3), upto(3), upto(3), upto(3), random_()}; });
        return one;
    }

    std::string cell(const std::string &type)
    {
        using namespace sonde::model;
        if (type == "bool")
            return bool_text(chance());
        if (type == "double") {
            double value = 0;
            const std::uint64_t bits = random_();
            std::memcpy(&value, &bits, sizeof value);
            return double_text(std::isfinite(value) ? value : 0);
        }
        if (type == "string")
            return text();
        if (type == "bytes" || type == "address") {
            std::vector<std::byte> bytes(type == "bytes" ? upto(9) : chance() ? 4 : 16);
            for (std::byte &byte : bytes)
                byte = static_cast<std::byte>(random_());
            return type == "bytes" ? bytes_text(bytes) : address_text(bytes);
        }
        if (type == "timestamp" && chance())
            return wall_text(time());
        return int_text(static_cast<std::int64_t>(random_()));
    }

    sonde::model::Table table()
    {
        static const std::vector<std::string> types{"bool",  "int",       "double",   "string",
                                                    "bytes", "timestamp", "duration", "address"};
        sonde::model::Table one;
        maybe([&] { one.name = word(); });
        one.functions = functions();
        for (std::size_t i = 0, n = upto(8); i < n; ++i) {
            const std::string &type = types[upto(types.size() - 1)];
            one.columns.push_back({name("column", i), type, type == "duration" ? "ns" : "", {}});
            if (type == "string")
                maybe([&] { one.columns.back().words = {"one", "two", text() + "x"}; });
        }
        for (std::size_t i = 0, n = upto(5); i < n; ++i) {
            auto &row = one.rows.emplace_back();
            for (const auto &column : one.columns)
                row.push_back(random_() % 4 == 0 ? sonde::model::Cell() : cell(column.type));
        }
        return one;
    }

    std::mt19937_64 random_;
};
