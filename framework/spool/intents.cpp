#include "spool/intents.hpp"

#include "spool/counts.hpp"
#include "spool/meta.hpp"
#include "spool/outcomes.hpp"
#include "spool/schema.hpp"

#include <algorithm>

namespace sonde::spool {

namespace {

Result<void> read_actions(sqlite::Connection &db, OpenIntent &open)
{
    auto rows = db.query("SELECT name, state, run, task, start, parts, rows, rows_dropped FROM action "
                         "WHERE intent = ? ORDER BY number",
                         to_string(open.intent.id));
    while (rows.next()) {
        open.intent.actions.push_back(rows.string(0));
        ActionRecord record{static_cast<ActionState>(rows.integer(1)), std::nullopt};
        if (!rows.null(2))
            record.run = Run{rows.uuid(2),
                             rows.string(3),
                             rows.time(4),
                             static_cast<std::uint32_t>(rows.integer(5)),
                             static_cast<std::uint64_t>(rows.integer(6)),
                             static_cast<std::uint64_t>(rows.integer(7))};
        open.actions.push_back(std::move(record));
    }
    return rows.end();
}

Result<void> read_intents(sqlite::Connection &db, std::vector<OpenIntent> &intents)
{
    auto rows = db.query("SELECT id, schedule, event, spread, cycle_number FROM intent ORDER BY event + spread");
    while (rows.next()) {
        OpenIntent open;
        open.intent.id = rows.uuid(0);
        open.intent.schedule = rows.text(1);
        open.intent.event = rows.time(2);
        open.intent.spread = std::chrono::nanoseconds(rows.integer(3));
        open.intent.cycle_number = rows.optional_string(4);
        if (auto read = read_actions(db, open); !read)
            return read.error();
        intents.push_back(std::move(open));
    }
    return rows.end();
}

Result<void> put_intent(sqlite::Connection &db, const model::Intent &intent)
{
    const auto id = to_string(intent.id);
    const auto stored = db.run("INSERT INTO intent(id, schedule, event, spread, cycle_number) VALUES(?, ?, ?, ?, ?)",
                               id, intent.schedule, intent.event, intent.spread.count(), intent.cycle_number);
    if (!stored)
        return stored.error();
    std::size_t number = 0;
    for (const auto &action : intent.actions)
        if (auto put = db.run("INSERT INTO action(intent, number, name) VALUES(?, ?, ?)", id, number++, action); !put)
            return put.error();
    return {};
}

// An earlier process may have started what is accounted for now; only the spool knows what came of it.
Result<void> put_accounted(sqlite::Connection &db, Accounted accounted)
{
    const auto run = to_string(accounted.outcome.run);
    std::string intent;
    bool started = false;
    {
        auto rows = db.query("SELECT rows, rows_dropped, intent, state FROM action "
                             "WHERE (run = ?1 OR (run IS NULL AND intent = ?1)) AND name = ?2 AND state <> ?3",
                             run, accounted.outcome.action, kEnded);
        if (rows.next()) {
            accounted.outcome.rows = std::max(accounted.outcome.rows, static_cast<std::uint64_t>(rows.integer(0)));
            accounted.outcome.rows_dropped += static_cast<std::uint64_t>(rows.integer(1));
            intent = rows.string(2);
            started = rows.integer(3) == kStarted;
        }
        if (auto end = rows.end(); !end)
            return end.error();
    }
    if (!intent.empty()) {
        const auto ended = db.run("UPDATE action SET state = ? WHERE intent = ? AND name = ?", kEnded, intent,
                                  accounted.outcome.action);
        if (!ended)
            return ended.error();
    }
    const auto counted = started ? count_execution(db, intent, accounted.outcome, false)
                                 : count_prevented_action(db, intent, accounted.outcome);
    if (!counted)
        return counted.error();
    return put_outcome(db, accounted.outcome, accounted.destinations, accounted.goes_along);
}

Result<void> put_instruction(sqlite::Connection &db, const StoredInstruction &instruction)
{
    const auto stored = db.run("INSERT OR REPLACE INTO instruction VALUES(1, ?, ?, ?)", instruction.text,
                               instruction.etag, instruction.applied_at);
    if (!stored)
        return stored.error();
    if (auto forgotten = db.run("DELETE FROM refused_instruction"); !forgotten)
        return forgotten.error();
    return {};
}

Result<void> put_progress(sqlite::Connection &db, const Change &change)
{
    for (const auto &progress : change.progress) {
        const auto stored = db.run("INSERT OR REPLACE INTO progress VALUES(?, ?, ?)", progress.schedule,
                                   progress.fingerprint, progress.last_event);
        if (!stored)
            return stored.error();
    }
    for (const auto &schedule : change.forget)
        if (auto deleted = db.run("DELETE FROM progress WHERE schedule = ?", schedule); !deleted)
            return deleted.error();
    return {};
}

Result<void> put_states(sqlite::Connection &db, const Change &change)
{
    for (const auto &progress : change.suppressions) {
        const auto stored = db.run("INSERT OR REPLACE INTO suppression VALUES(?, ?, ?, ?, ?)", progress.suppression,
                                   progress.fingerprint, progress.active, progress.event, progress.due);
        if (!stored)
            return stored.error();
    }
    for (const auto &suppression : change.forget_suppressions)
        if (auto deleted = db.run("DELETE FROM suppression WHERE name = ?", suppression); !deleted)
            return deleted.error();
    for (const auto &prevented : change.prevented)
        if (auto counted = count_prevented(db, prevented); !counted)
            return counted.error();
    if (change.controller_lost) {
        const auto stored =
            db.run("INSERT OR REPLACE INTO meta VALUES(?, ?)", kControllerLost, std::int64_t{*change.controller_lost});
        if (!stored)
            return stored.error();
    }
    return {};
}

Result<void> read_states(sqlite::Connection &db, OpenState &state)
{
    auto suppressions = db.query("SELECT name, fingerprint, active, event, due FROM suppression");
    while (suppressions.next())
        state.suppressions.push_back({suppressions.string(0), static_cast<std::uint64_t>(suppressions.integer(1)),
                                      suppressions.integer(2) != 0, suppressions.optional_time(3),
                                      suppressions.optional_time(4)});
    if (auto end = suppressions.end(); !end)
        return end.error();
    auto lost = db.query("SELECT value FROM meta WHERE name = ?", kControllerLost);
    if (lost.next())
        state.controller_lost = lost.integer(0) != 0;
    return lost.end();
}

} // namespace

Result<OpenState> read_open_state(sqlite::Connection &db)
{
    OpenState state;
    auto instruction = db.query("SELECT text, etag, applied_at FROM instruction");
    if (instruction.next())
        state.instruction = StoredInstruction{instruction.string(0), instruction.string(1), instruction.time(2)};
    if (auto end = instruction.end(); !end)
        return end.error();
    auto refused = db.query("SELECT etag, content, refused_by FROM refused_instruction");
    if (refused.next())
        state.refused = RefusedInstruction{refused.string(0), refused.string(1), refused.string(2)};
    if (auto end = refused.end(); !end)
        return end.error();
    auto progress = db.query("SELECT schedule, fingerprint, last_event FROM progress");
    while (progress.next())
        state.progress.push_back(
            {progress.string(0), static_cast<std::uint64_t>(progress.integer(1)), progress.time(2)});
    if (auto end = progress.end(); !end)
        return end.error();
    if (auto read = read_intents(db, state.intents); !read)
        return read.error();
    if (auto read = read_states(db, state); !read)
        return read.error();
    auto alive = db.query("SELECT value FROM meta WHERE name = 'last_alive'");
    if (alive.next())
        state.last_alive = alive.time(0);
    if (auto end = alive.end(); !end)
        return end.error();
    auto starts = db.query("SELECT value FROM meta WHERE name = ?", kAgentStarts);
    if (starts.next())
        state.starts = static_cast<std::uint64_t>(starts.integer(0));
    if (auto end = starts.end(); !end)
        return end.error();
    auto booked = db.query("SELECT day, bytes FROM budget");
    while (booked.next())
        state.booked_bytes[std::chrono::sys_days(std::chrono::days(booked.integer(0)))] =
            static_cast<std::uint64_t>(booked.integer(1));
    if (auto end = booked.end(); !end)
        return end.error();
    auto bucket = db.query("SELECT rate, burst, level, reserved, at FROM bucket");
    if (bucket.next())
        state.bucket =
            Bucket{static_cast<std::uint64_t>(bucket.integer(0)), static_cast<std::uint64_t>(bucket.integer(1)),
                   bucket.integer(2), static_cast<std::uint64_t>(bucket.integer(3)), bucket.time(4)};
    if (auto end = bucket.end(); !end)
        return end.error();
    return state;
}

Result<void> record_change(sqlite::Connection &db, Change change)
{
    if (change.starts)
        if (auto counted = count_up(db, kAgentStarts, 1); !counted)
            return counted.error();
    if (change.instruction)
        if (auto put = put_instruction(db, *change.instruction); !put)
            return put.error();
    for (const auto &schedule : change.forget_counts)
        if (auto done = count_no_more(db, schedule); !done)
            return done.error();
    // First: what is planned and closed within one change leaves nothing behind.
    for (const auto &intent : change.plan)
        if (auto put = put_intent(db, intent); !put)
            return put.error();
    for (auto &accounted : change.account)
        if (auto put = put_accounted(db, std::move(accounted)); !put)
            return put.error();
    for (const auto &intent : change.close)
        if (auto closed = db.run("DELETE FROM intent WHERE id = ?", to_string(intent)); !closed)
            return closed.error();
    if (auto put = put_states(db, change); !put)
        return put.error();
    for (const auto &schedule : change.forget_counts)
        if (auto gone = forget_counts(db, schedule); !gone)
            return gone.error();
    return put_progress(db, change);
}

Result<void> start_action(sqlite::Connection &db, const Uuid &intent, std::size_t action, const Uuid &run,
                          const std::string &task, WallTime when)
{
    const auto started = db.run("UPDATE action SET state = ?, run = ?, task = ?, start = ? "
                                "WHERE intent = ? AND number = ? AND state = ?",
                                kStarted, to_string(run), task, when, to_string(intent), action, kPlanned);
    if (!started)
        return started.error();
    if (*started != 1)
        return Error{"spool",
                     "action " + std::to_string(action) + " of intent " + to_string(intent) + " is not planned", ""};
    return count_invocation(db, to_string(intent), action, when);
}

} // namespace sonde::spool
