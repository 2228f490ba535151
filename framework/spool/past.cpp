#include "spool/past.hpp"

#include "spool/meta.hpp"
#include "spool/outcomes.hpp"
#include "spool/schema.hpp"

#include <algorithm>
#include <utility>

namespace sonde::spool {

namespace {

Result<void> done(const Result<std::int64_t> &changed)
{
    return changed ? Result<void>() : changed.error();
}

// Beginnings of UUIDs are of hexadecimal digits and hyphens, all of which sort before this.
constexpr const char *kAfterAny = "g";

} // namespace

Result<std::int64_t> remember_outcome(sqlite::Connection &db, const model::Outcome &outcome, bool reported)
{
    const auto stored =
        db.run("INSERT INTO past VALUES(NULL, ?,?,?,?, ?,?,?,?, ?,?,?, ?,?, ?,?,?,?, ?, NULL, NULL, ?, ?)",
               to_string(outcome.run), outcome.schedule, outcome.action, outcome.task, static_cast<int>(outcome.word),
               outcome.status, static_cast<int>(outcome.blame), outcome.message, outcome.first_event,
               outcome.last_event, outcome.count, outcome.start, outcome.end, outcome.rows, outcome.rows_dropped,
               outcome.sent_bytes, outcome.received_bytes, reported ? 1 : 0, sonde::now().wall, outcome.lateness);
    if (!stored)
        return stored.error();
    const std::int64_t id = db.last_insert_id();
    if (reported)
        if (auto counted = count_up(db, kReported, outcome.count); !counted)
            return counted.error();
    const auto deleted =
        db.run("DELETE FROM past INDEXED BY past_over WHERE id <= ? AND NOT (reported AND acknowledged IS NULL)",
               id - kPastKept);
    if (!deleted)
        return deleted.error();
    return id;
}

Result<void> remember_entry(sqlite::Connection &db, std::int64_t outcome, std::uint64_t sequence)
{
    // Of several collectors the one that it is handed to first stands for all: one acknowledgement is enough.
    return done(db.run("UPDATE past SET sequence = ? WHERE id = ? AND sequence IS NULL", sequence, outcome));
}

Result<void> remember_entry(sqlite::Connection &db, const model::Outcome &outcome, std::uint64_t sequence)
{
    return done(db.run("UPDATE past SET sequence = ? WHERE run = ? AND action = ?", sequence, to_string(outcome.run),
                       outcome.action));
}

Result<void> remember_acknowledged(sqlite::Connection &db, std::uint64_t sequence, WallTime when)
{
    const auto runs = db.integer(
        "SELECT coalesce(sum(count), 0) FROM past WHERE sequence = ? AND reported AND acknowledged IS NULL", sequence);
    if (!runs)
        return runs.error();
    if (auto counted = count_up(db, kAcknowledged, static_cast<std::uint64_t>(*runs)); !counted)
        return counted.error();
    return done(db.run("UPDATE past SET acknowledged = ? WHERE sequence = ?", when, sequence));
}

Result<void> remember_rows_dropped(sqlite::Connection &db, const std::string &run, const std::string &action,
                                   std::uint64_t rows)
{
    return done(
        db.run("UPDATE past SET rows_dropped = rows_dropped + ? WHERE run = ? AND action = ?", rows, run, action));
}

Result<void> remember_given_up(sqlite::Connection &db, std::uint64_t sequence)
{
    return done(db.run("UPDATE past SET reported = 0 WHERE sequence = ? AND acknowledged IS NULL", sequence));
}

Result<void> remember_dropped(sqlite::Connection &db, std::int64_t last)
{
    return done(db.run("UPDATE past SET reported = 0 WHERE id <= ? AND sequence IS NULL AND reported "
                       "AND acknowledged IS NULL",
                       last));
}

Result<bool> forget_some(sqlite::Connection &db)
{
    const auto deleted = db.run("DELETE FROM past WHERE id IN (SELECT id FROM past INDEXED BY past_over "
                                "WHERE NOT (reported AND acknowledged IS NULL) ORDER BY id LIMIT 100)");
    if (!deleted)
        return deleted.error();
    return *deleted > 0;
}

Result<std::vector<PastOutcome>> read_past(sqlite::Connection &db, const PastQuery &query)
{
    std::vector<PastOutcome> all;
    static const std::string sql =
        "SELECT " + std::string(kOutcomeColumns) +
        ", reported OR acknowledged IS NOT NULL "
        "OR EXISTS (SELECT 1 FROM outcome_delivery WHERE outcome = past.id AND waiting) "
        "OR EXISTS (SELECT 1 FROM delivery WHERE delivery.sequence = past.sequence AND refused IS NULL), "
        "sequence, acknowledged FROM past WHERE (?1 IS NULL OR schedule = ?1) "
        "AND (?2 IS NULL OR first_event < ?2) AND (?3 IS NULL OR max(last_event, coalesce(end, last_event)) >= ?3) "
        "AND (?4 IS NULL OR run >= ?4 AND run < ?4 || ?5) ORDER BY id DESC LIMIT ?6";
    auto rows = db.query(sql, query.schedule, query.to, query.from, query.run, kAfterAny, query.limit);
    while (rows.next()) {
        PastOutcome &past = all.emplace_back();
        past.outcome = read_outcome(rows);
        past.reported = rows.integer(19) != 0;
        past.handed = !rows.null(20);
        past.acknowledged = rows.optional_time(21);
    }
    if (auto end = rows.end(); !end)
        return end.error();
    std::reverse(all.begin(), all.end());
    return all;
}

Result<std::vector<WaitingParts>> read_waiting_parts(sqlite::Connection &db, const Uuid &run)
{
    std::vector<WaitingParts> all;
    auto rows = db.query("SELECT action, destination, count(*), sum(rows), min(refused) FROM result JOIN delivery "
                         "USING (sequence) WHERE run = ? GROUP BY action, destination",
                         to_string(run));
    while (rows.next())
        all.push_back({rows.string(0), rows.string(1), static_cast<std::uint64_t>(rows.integer(2)),
                       static_cast<std::uint64_t>(rows.integer(3)), rows.optional_string(4)});
    if (auto end = rows.end(); !end)
        return end.error();
    return all;
}

Result<Accounts> read_accounts(sqlite::Connection &db, WallTime now)
{
    Accounts accounts;
    for (const auto &[name, count] :
         {std::pair(kReported, &accounts.reported), std::pair(kAcknowledged, &accounts.acknowledged)}) {
        const auto value = db.integer("SELECT value FROM meta WHERE name = ?", name);
        if (!value)
            return value.error();
        *count = static_cast<std::uint64_t>(*value);
    }
    // What runs at the moment is not late, however long it takes, nor is what its schedule overlaps with it meanwhile.
    auto rows = db.query("SELECT min(since) FROM (SELECT min(recorded) AS since FROM past INDEXED BY past_waiting "
                         "WHERE reported AND acknowledged IS NULL UNION ALL SELECT min(event + spread) FROM intent "
                         "WHERE event + spread <= ?1 AND schedule NOT IN (SELECT schedule FROM intent JOIN action "
                         "ON action.intent = intent.id WHERE action.state <> ?2))",
                         now, kPlanned);
    if (rows.next())
        accounts.waiting_since = rows.optional_time(0);
    if (auto end = rows.end(); !end)
        return end.error();
    auto open = db.query("SELECT schedule, name, count(*) FROM intent JOIN action ON action.intent = intent.id "
                         "WHERE event BETWEEN coalesce((SELECT applied_at FROM instruction WHERE applied_at <= ?1), 0) "
                         "AND ?1 AND state <> ?2 GROUP BY schedule, name",
                         now, kEnded);
    while (open.next())
        accounts.open.push_back({open.string(0), open.string(1), static_cast<std::uint64_t>(open.integer(2))});
    if (auto end = open.end(); !end)
        return end.error();
    return accounts;
}

} // namespace sonde::spool
