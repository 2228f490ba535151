#include "spool/counts.hpp"

#include "spool/storage.hpp"

#include <algorithm>
#include <map>

namespace sonde::spool {

namespace {

bool failed(const model::Outcome &outcome)
{
    return outcome.word == model::OutcomeWord::failed || outcome.word == model::OutcomeWord::refused ||
           outcome.word == model::OutcomeWord::interrupted;
}

// intent.invoked of one whose schedule is no longer in force.
constexpr int kOfAnother = 2;

Result<bool> counts_still(sqlite::Connection &db, const std::string &intent)
{
    auto rows = db.query("SELECT 1 FROM intent WHERE id = ? AND invoked = ?", intent, kOfAnother);
    const bool of_another = rows.next();
    if (auto end = rows.end(); !end)
        return end.error();
    return !of_another;
}

Counts counts_from(const sqlite::Rows &rows, int first)
{
    Counts counts;
    counts.invocations = static_cast<std::uint64_t>(rows.integer(first));
    counts.suppressions = static_cast<std::uint64_t>(rows.integer(first + 1));
    counts.overlaps = static_cast<std::uint64_t>(rows.integer(first + 2));
    counts.failures = static_cast<std::uint64_t>(rows.integer(first + 3));
    counts.last_invocation = rows.optional_time(first + 4);
    return counts;
}

ActionCounts action_from(const sqlite::Rows &rows)
{
    ActionCounts action;
    action.action = rows.string(1);
    action.counts = counts_from(rows, 2);
    action.last_completion = rows.optional_time(7);
    action.last_status = static_cast<std::int32_t>(rows.integer(8));
    action.last_message = rows.string(9);
    action.last_failed_completion = rows.optional_time(10);
    action.last_failed_status = static_cast<std::int32_t>(rows.integer(11));
    action.last_failed_message = rows.string(12);
    return action;
}

template <class Of>
Result<void> add_storage(sqlite::Connection &db, const Of &of)
{
    const auto storage = read_storage(db);
    if (!storage)
        return storage.error();
    for (const auto &[schedule, actions] : *storage) {
        ScheduleCounts &counts = of(schedule);
        for (const auto &[name, bytes] : actions) {
            counts.counts.storage_bytes += bytes;
            const auto found = std::find_if(counts.actions.begin(), counts.actions.end(),
                                            [&](const ActionCounts &one) { return one.action == name; });
            // Counters of an earlier configuration are gone, what it measured is not.
            ActionCounts &action = found != counts.actions.end() ? *found : counts.actions.emplace_back();
            action.action = name;
            action.counts.storage_bytes = bytes;
        }
    }
    return {};
}

} // namespace

Result<void> count_invocation(sqlite::Connection &db, const std::string &intent, std::size_t action, WallTime when)
{
    const auto first = db.run("UPDATE intent SET invoked = 1 WHERE id = ? AND NOT invoked", intent);
    if (!first)
        return first.error();
    if (*first == 1) {
        auto counted = db.change("INSERT INTO schedule_counts(schedule, invocations, last_invocation) "
                                 "SELECT schedule, 1, ?2 FROM intent WHERE id = ?1 ON CONFLICT DO UPDATE SET "
                                 "invocations = invocations + 1, last_invocation = excluded.last_invocation",
                                 intent, when);
        if (!counted)
            return counted;
    }
    return db.change("INSERT INTO action_counts(schedule, action, invocations, last_invocation) "
                     "SELECT i.schedule, a.name, 1, ?3 FROM action a JOIN intent i ON i.id = a.intent "
                     "WHERE a.intent = ?1 AND a.number = ?2 AND i.invoked <> ?4 ON CONFLICT DO UPDATE SET "
                     "invocations = invocations + 1, last_invocation = excluded.last_invocation",
                     intent, action, when, kOfAnother);
}

Result<void> count_execution(sqlite::Connection &db, const std::string &intent, const model::Outcome &outcome,
                             bool as_instructed)
{
    const auto counts = counts_still(db, intent);
    if (!counts || !*counts)
        return counts ? Result<void>() : counts.error();
    auto counted = db.change("INSERT INTO action_counts(schedule, action, last_completion, last_status, "
                             "last_message) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                             "last_completion = coalesce(excluded.last_completion, last_completion), "
                             "last_status = excluded.last_status, last_message = excluded.last_message",
                             outcome.schedule, outcome.action, outcome.end, outcome.status, outcome.message);
    if (!counted || !failed(outcome) || as_instructed)
        return counted;
    auto failure = db.change("UPDATE action_counts SET failures = failures + 1, last_failed_completion = "
                             "coalesce(?3, last_failed_completion), last_failed_status = ?4, "
                             "last_failed_message = ?5 WHERE schedule = ?1 AND action = ?2",
                             outcome.schedule, outcome.action, outcome.end, outcome.status, outcome.message);
    if (!failure)
        return failure;
    const auto first = db.run("UPDATE intent SET failed = 1 WHERE id = ? AND NOT failed", intent);
    if (!first || *first == 0)
        return first ? Result<void>() : first.error();
    return db.change("INSERT INTO schedule_counts(schedule, failures) VALUES(?, 1) "
                     "ON CONFLICT DO UPDATE SET failures = failures + 1",
                     outcome.schedule);
}

Result<void> count_prevented_action(sqlite::Connection &db, const std::string &intent, const model::Outcome &outcome)
{
    const bool suppressed = outcome.word == model::OutcomeWord::suppressed;
    if (!suppressed && outcome.word != model::OutcomeWord::overlapped)
        return {};
    const auto counts = counts_still(db, intent);
    if (!counts || !*counts)
        return counts ? Result<void>() : counts.error();
    return db.change("INSERT INTO action_counts(schedule, action, suppressions, overlaps) VALUES(?, ?, ?, ?) "
                     "ON CONFLICT DO UPDATE SET suppressions = suppressions + excluded.suppressions, "
                     "overlaps = overlaps + excluded.overlaps",
                     outcome.schedule, outcome.action, suppressed ? outcome.count : 0, suppressed ? 0 : outcome.count);
}

Result<void> count_prevented(sqlite::Connection &db, const Prevented &prevented)
{
    const bool suppressed = prevented.word == model::OutcomeWord::suppressed;
    return db.change("INSERT INTO schedule_counts(schedule, suppressions, overlaps) VALUES(?, ?, ?) "
                     "ON CONFLICT DO UPDATE SET suppressions = suppressions + excluded.suppressions, "
                     "overlaps = overlaps + excluded.overlaps",
                     prevented.schedule, suppressed ? prevented.count : 0, suppressed ? 0 : prevented.count);
}

Result<void> count_no_more(sqlite::Connection &db, const std::string &schedule)
{
    return db.change("UPDATE intent SET invoked = ? WHERE schedule = ?", kOfAnother, schedule);
}

Result<void> forget_counts(sqlite::Connection &db, const std::string &schedule)
{
    for (const char *sql :
         {"DELETE FROM schedule_counts WHERE schedule = ?", "DELETE FROM action_counts WHERE schedule = ?"})
        if (auto gone = db.change(sql, schedule); !gone)
            return gone;
    return {};
}

Result<std::vector<ScheduleCounts>> read_counts(sqlite::Connection &db)
{
    std::vector<ScheduleCounts> all;
    std::map<std::string, std::size_t> by_name;
    const auto of = [&](const std::string &name) -> ScheduleCounts & {
        const auto [found, is_new] = by_name.emplace(name, all.size());
        if (is_new)
            all.emplace_back().schedule = name;
        return all[found->second];
    };
    auto schedules = db.query("SELECT schedule, invocations, suppressions, overlaps, failures, last_invocation "
                              "FROM schedule_counts ORDER BY schedule");
    while (schedules.next())
        of(schedules.string(0)).counts = counts_from(schedules, 1);
    if (auto end = schedules.end(); !end)
        return end.error();
    auto actions = db.query("SELECT schedule, action, invocations, suppressions, overlaps, failures, last_invocation, "
                            "last_completion, last_status, last_message, last_failed_completion, last_failed_status, "
                            "last_failed_message FROM action_counts ORDER BY schedule, action");
    while (actions.next())
        of(actions.string(0)).actions.push_back(action_from(actions));
    if (auto end = actions.end(); !end)
        return end.error();
    if (auto added = add_storage(db, of); !added)
        return added.error();
    return all;
}

} // namespace sonde::spool
