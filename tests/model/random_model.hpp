#pragma once

#include "model/capabilities.hpp"
#include "model/cells.hpp"
#include "model/instruction.hpp"
#include "model/report.hpp"
#include "model/report_task.hpp"

#include <cmath>
#include <cstring>
#include <random>

// Good instructions, reports and capabilities at random: every node is there in some of them and absent in others.
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
        all.schedules.push_back({"reports", all.events[0].name, {}, {}, ExecutionMode::sequential, {}, {}, {}});
        all.schedules.back().actions.push_back({"report", "report", options(), {}, tags(), tags()});
        for (std::size_t i = 0, n = upto(4); i < n; ++i)
            all.schedules.push_back(schedule(name("schedule", i), all));
        return all;
    }

    sonde::model::Report report()
    {
        sonde::model::Report all;
        all.date = time();
        maybe([&] { all.agent_id = uuid(); });
        maybe([&] { all.group_id = text(); });
        maybe([&] { all.measurement_point = text(); });
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
        return all;
    }

    sonde::model::Event event(std::string name)
    {
        using namespace sonde::model;
        Event one;
        one.name = std::move(name);
        maybe([&] { one.random_spread = seconds(); });
        maybe([&] { one.cycle_interval = seconds(); });
        switch (random_() % 4) {
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
        default:
            one.type = Startup{};
        }
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
            action.tags = tags();
            action.suppression_tags = tags();
            one.actions.push_back(action);
        }
        if (one.actions.size() > 1 || chance())
            one.execution_mode = ExecutionMode::sequential;
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
