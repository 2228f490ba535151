#pragma once

#include "frames/messages.hpp"
#include "frames/rows.hpp"
#include "support/process.hpp"
#include "support/wire.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sonde::test {

inline std::string fixture(const std::string &name)
{
    return std::string(FIXTURES) + "/" + name + ".so";
}

inline frames::OptionValue integer(std::int64_t value)
{
    return {false, {{value, 0, std::to_string(value)}}};
}

inline frames::OptionValue text(const std::string &value)
{
    return {false, {{0, 0, value}}};
}

// A runner with the agent's side of its control socket.
struct RunnerProcess {
    explicit RunnerProcess(const std::string &plugin) : RunnerProcess(plugin, new_pair()) {}

    Process process;
    Wire<frames::AgentToRunner, frames::RunnerToAgent> control;

private:
    RunnerProcess(const std::string &plugin, std::pair<frames::Descriptor, frames::Descriptor> ends)
        : process({RUNNER, plugin}, ends.second.get()), control(std::move(ends.first))
    {
    }
};

// An invocation's socket. That its process has begun is what every run says first; what it says then is of interest.
struct RunWire : Wire<frames::AgentToRun, frames::RunToAgent> {
    using Wire::Wire;

    std::optional<Incoming<frames::RunToAgent>> next()
    {
        auto incoming = Wire::next();
        if (incoming && std::holds_alternative<frames::Begun>(incoming->message)) {
            CHECK_FALSE(std::exchange(begun, true));
            incoming = Wire::next();
        }
        return incoming;
    }

    template <class Kind>
    Kind expect()
    {
        auto incoming = next();
        REQUIRE(incoming);
        CAPTURE(incoming->message.index());
        REQUIRE(std::holds_alternative<Kind>(incoming->message));
        return std::get<Kind>(incoming->message);
    }

    bool begun = false;
};

// One invocation, from the agent's side.
struct Run {
    RunWire wire;
    frames::Descriptor cancel{::eventfd(0, EFD_CLOEXEC)};
    std::uint64_t id = 0;

    explicit Run(RunnerProcess &runner, frames::AgentToRunner start)
    {
        auto [mine, its] = new_pair();
        wire = RunWire(std::move(mine));
        id = std::visit(
            []<class Message>(const Message &m) -> std::uint64_t {
                if constexpr (requires { m.invocation; })
                    return m.invocation;
                return 0;
            },
            start);
        runner.control.send(start, {its.get(), cancel.get()});
    }

    void ask_to_stop() const
    {
        const std::uint64_t one = 1;
        REQUIRE(::write(cancel.get(), &one, sizeof one) == sizeof one);
    }
};

// What a run sent until its socket closed.
struct Told {
    std::vector<std::vector<std::string>> rows; // cells as text, null as "-"
    std::vector<frames::Fail> failures;
    std::vector<frames::LogLine> logs;
    frames::Traffic traffic;
    frames::Progress progress;
    std::optional<std::int32_t> done;

    const std::string &value(const std::string &name) const
    {
        static const std::string missing = "(missing)";
        for (const auto &row : rows)
            if (row[0] == name)
                return row[1];
        return missing;
    }
};

inline std::string to_text(const sonde_cell &cell)
{
    switch (cell.type) {
    case SONDE_NULL:
        return "-";
    case SONDE_STRING:
        return {static_cast<const char *>(cell.v.p), cell.size};
    default:
        return std::to_string(cell.v.i);
    }
}

inline void take(const frames::RunToAgent &message, const frames::MethodDescription &method, Told &told)
{
    if (const auto *rows = std::get_if<frames::Rows>(&message)) {
        REQUIRE(rows->table < method.tables.size());
        const frames::RowFormat format(method.tables[rows->table]);
        frames::RowReader reader(format, *rows);
        while (reader.next()) {
            auto &row = told.rows.emplace_back();
            for (const sonde_cell &cell : reader.cells())
                row.push_back(to_text(cell));
        }
        REQUIRE_FALSE(reader.error());
    } else if (const auto *failure = std::get_if<frames::Fail>(&message)) {
        told.failures.push_back(*failure);
    } else if (const auto *line = std::get_if<frames::LogLine>(&message)) {
        told.logs.push_back(*line);
    } else if (const auto *traffic = std::get_if<frames::Traffic>(&message)) {
        told.traffic.sent_bytes += traffic->sent_bytes;
        told.traffic.received_bytes += traffic->received_bytes;
    } else if (const auto *progress = std::get_if<frames::Progress>(&message)) {
        told.progress = *progress;
    } else if (const auto *done = std::get_if<frames::Done>(&message)) {
        told.done = done->status;
    }
}

// Reads on until the run's socket closes.
inline Told listen(Run &run, const frames::MethodDescription &method)
{
    Told told;
    while (const auto incoming = run.wire.next())
        take(incoming->message, method, told);
    return told;
}

// A run of a plugin's first method to its end.
struct Finished {
    Told told;
    int wait_status = 0;
};

inline Finished finish(RunnerProcess &runner, std::vector<frames::OptionValue> values = {})
{
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    frames::Invoke invoke;
    invoke.invocation = 42;
    invoke.values = std::move(values);
    Run run(runner, invoke);
    CHECK(runner.control.expect<frames::Started>().invocation == 42);
    Finished finished{listen(run, description.methods[0]), 0};
    const auto exited = runner.control.expect<frames::Exited>();
    CHECK(exited.invocation == 42);
    finished.wait_status = exited.wait_status;
    return finished;
}

} // namespace sonde::test
