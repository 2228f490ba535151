#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "budget.hpp"
#include "model/capabilities.hpp"
#include "plugin_host/method_check.hpp"
#include "policy_file.hpp"
#include "schedule/engine.hpp"
#include "spool/spool.hpp"

#include <functional>
#include <optional>
#include <string>

namespace sonde::agent {

// Where the instruction comes from, and whether that is reached.
struct Source {
    std::string name; // a controller's URL, or a file
    bool controller = false;
    bool reached = false;               // at the last attempt
    std::optional<WallTime> answered{}; // last, since the start
};

// What of the agent its owner's questions are answered from. All of it outlives the answers, and belongs to the loop's
// one thread.
struct OwnerView {
    Uuid id{};
    schedule::Zone zone;
    const schedule::Engine &engine;
    spool::Spool &spool;
    const Budget &budget;
    PolicyFile &policy;
    std::function<Source()> source;
    const plugin_host::MethodFindings &findings; // of the instruction in force
    // What a run has given so far, of which the spool knows only what it was handed; nothing if it does not measure.
    std::function<std::optional<std::uint64_t>(const Uuid &run)> rows;
    WallTime started{}; // the schedules
};

// Of a run that has not ended.
inline std::uint64_t rows_so_far(const OwnerView &view, const spool::Run &run)
{
    return view.rows(run.id).value_or(run.rows);
}

// {"error": {...}}, for anything that is wrong.
std::string error_answer(const Error &error);

// {"agent": ..., "running": [...], "next": [...], ...}: how things are, with RFC 8194's counters.
asio::awaitable<std::string> status_answer(OwnerView &view);

// The container /ietf-lmap-control:lmap of RFC 8194 with every node: the instruction in force and what became of it.
asio::awaitable<std::string> state_answer(OwnerView &view, model::Capabilities capabilities);

// About a schedule in [from, to), or at any time.
struct WhyQuestion {
    std::string schedule;
    std::optional<WallTime> from{};
    std::optional<WallTime> to{};
};

// {"schedule": ..., "event": ..., "triggers": {...}, "suppressed_by": [...], "outcomes": [...], "planned": [...]}: what
// happened, what is planned, and by what. An error if nobody knows the schedule.
asio::awaitable<std::string> why_answer(OwnerView &view, WhyQuestion question);

// {"agent": ..., "runs": [...]}: what is known of the runs whose UUIDs begin so, and what of them waits for whom.
asio::awaitable<std::string> trace_answer(OwnerView &view, std::string beginning);

} // namespace sonde::agent
