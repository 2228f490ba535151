#include "spool/side_notes.hpp"

#include "spool/meta.hpp"
#include "spool/room.hpp"
#include "spool/schema.hpp"

namespace sonde::spool {

namespace {

constexpr int kFailuresKept = 1000;
constexpr int kBudgetDays = 40;

Result<Dropped> read_dropped(sqlite::Connection &db)
{
    Dropped dropped;
    const std::pair<std::string_view, std::uint64_t *> counters[] = {{kDroppedResults, &dropped.results},
                                                                     {kDroppedRows, &dropped.rows},
                                                                     {kDroppedOutcomes, &dropped.outcomes},
                                                                     {kDroppedSetAside, &dropped.set_aside},
                                                                     {kDroppedFailures, &dropped.failures}};
    for (const auto &[name, counter] : counters) {
        const auto value = db.integer("SELECT value FROM meta WHERE name = ?", name);
        if (!value)
            return value.error();
        *counter = static_cast<std::uint64_t>(*value);
    }
    return dropped;
}

Result<std::vector<Pending>> read_pending(sqlite::Connection &db)
{
    std::map<Destination, Pending> pending;
    auto entries = db.query("SELECT destination, SUM(kind = ?1), SUM((kind = ?2) * rows), SUM(bytes) "
                            "FROM delivery JOIN result USING (sequence) WHERE refused IS NULL GROUP BY destination",
                            kMeasured, kOutcomes);
    while (entries.next())
        pending[entries.string(0)] = {entries.string(0), static_cast<std::uint64_t>(entries.integer(1)),
                                      static_cast<std::uint64_t>(entries.integer(2)),
                                      static_cast<std::uint64_t>(entries.integer(3))};
    if (auto end = entries.end(); !end)
        return end.error();
    auto outcomes = db.query("SELECT destination, sum(waiting = ?) FROM outcome_delivery WHERE waiting "
                             "GROUP BY destination",
                             kWaits);
    while (outcomes.next()) {
        auto &one = pending[outcomes.string(0)];
        one.destination = outcomes.text(0);
        one.outcomes += static_cast<std::uint64_t>(outcomes.integer(1));
    }
    if (auto end = outcomes.end(); !end)
        return end.error();
    std::vector<Pending> all;
    for (auto &[name, one] : pending)
        all.push_back(std::move(one));
    return all;
}

Result<std::vector<Tally>> read_tallies(sqlite::Connection &db)
{
    std::vector<Tally> tallies;
    auto rows = db.query("SELECT schedule, action, word, count FROM tally");
    while (rows.next())
        tallies.push_back({rows.string(0), rows.string(1), static_cast<model::OutcomeWord>(rows.integer(2)),
                           static_cast<std::uint64_t>(rows.integer(3))});
    if (auto end = rows.end(); !end)
        return end.error();
    return tallies;
}

} // namespace

Result<void> put_failure(sqlite::Connection &db, const model::Failure &failure)
{
    const auto stored = db.run("INSERT INTO failure VALUES(NULL, ?, ?, ?, ?, NULL)", failure.time, failure.kind,
                               failure.path, failure.message);
    if (!stored)
        return stored.error();
    const auto dropped = db.run("DELETE FROM failure WHERE id IN "
                                "(SELECT id FROM failure ORDER BY id DESC LIMIT -1 OFFSET ?)",
                                kFailuresKept);
    if (!dropped)
        return dropped.error();
    return *dropped > 0 ? count_up(db, kDroppedFailures, static_cast<std::uint64_t>(*dropped)) : Result<void>();
}

Result<void> put_drop_failure(sqlite::Connection &db, std::uint64_t max_bytes)
{
    const auto dropped = read_dropped(db);
    if (!dropped)
        return dropped.error();
    const auto message = "the spool is full at " + std::to_string(max_bytes) +
                         " bytes; dropped since it was made: " + std::to_string(dropped->results) + " results with " +
                         std::to_string(dropped->rows) + " rows, " + std::to_string(dropped->outcomes) + " outcomes, " +
                         std::to_string(dropped->set_aside) + " results that had been set aside";
    const auto now = sonde::now().wall;
    if (auto replaced = db.run("DELETE FROM failure WHERE kind = 'spool' AND refused IS NULL"); !replaced)
        return replaced.error();
    return put_failure(db, {now, "spool", "", message});
}

Result<std::vector<WaitingFailure>> read_failures(sqlite::Connection &db, const Uuid &epoch, std::size_t limit)
{
    std::vector<WaitingFailure> failures;
    auto rows =
        db.query("SELECT id, time, kind, path, message FROM failure WHERE refused IS NULL ORDER BY id LIMIT ?", limit);
    while (rows.next())
        failures.push_back({rows.integer(0),
                            {rows.time(1),
                             rows.string(2),
                             rows.string(3),
                             rows.string(4),
                             {epoch, static_cast<std::uint64_t>(rows.integer(0))}}});
    if (auto end = rows.end(); !end)
        return end.error();
    return failures;
}

Result<void> delete_failures(sqlite::Connection &db, const std::vector<std::int64_t> &ids)
{
    for (const auto id : ids)
        if (auto deleted = db.run("DELETE FROM failure WHERE id = ?", id); !deleted)
            return deleted.error();
    return {};
}

Result<void> set_failure_aside(sqlite::Connection &db, std::int64_t id, const std::string &reason)
{
    return db.change("UPDATE failure SET refused = ? WHERE id = ?", reason, id);
}

Result<void> put_refused_instruction(sqlite::Connection &db, const RefusedInstruction &refused,
                                     const std::vector<model::Failure> &failures)
{
    const auto stored = db.run("INSERT OR REPLACE INTO refused_instruction VALUES(1, ?, ?, ?)", refused.etag,
                               refused.content, refused.by);
    if (!stored)
        return stored.error();
    for (const auto &failure : failures)
        if (auto put = put_failure(db, failure); !put)
            return put;
    return {};
}

Result<void> add_bytes(sqlite::Connection &db, std::chrono::sys_days day, std::int64_t bytes,
                       const std::optional<Bucket> &bucket)
{
    const auto number = day.time_since_epoch().count();
    // Never below zero: the day may have been forgotten, because the clock was far ahead for a while.
    const auto added = db.run("INSERT INTO budget VALUES(?1, max(0, ?2)) "
                              "ON CONFLICT DO UPDATE SET bytes = max(0, bytes + ?2)",
                              number, bytes);
    if (!added)
        return added.error();
    if (auto deleted = db.run("DELETE FROM budget WHERE day < ?", number - kBudgetDays); !deleted)
        return deleted.error();
    if (!bucket)
        return {};
    return db.change("INSERT OR REPLACE INTO bucket VALUES(1, ?, ?, ?, ?, ?)", bucket->rate, bucket->burst,
                     bucket->level, bucket->reserved, bucket->at);
}

Result<std::vector<SetAside>> read_set_aside(sqlite::Connection &db)
{
    std::vector<SetAside> all;
    auto rows = db.query("SELECT sequence, destination, refused, refused_at, bytes "
                         "FROM delivery JOIN result USING (sequence) WHERE refused IS NOT NULL ORDER BY sequence");
    while (rows.next())
        all.push_back({static_cast<std::uint64_t>(rows.integer(0)), rows.string(1), rows.string(2), rows.time(3),
                       static_cast<std::uint64_t>(rows.integer(4))});
    if (auto end = rows.end(); !end)
        return end.error();
    return all;
}

Result<Status> read_status(sqlite::Connection &db, const Uuid &epoch, std::uint64_t max_bytes)
{
    const auto used = used_bytes(db);
    auto pending = read_pending(db);
    auto tallies = read_tallies(db);
    const auto dropped = read_dropped(db);
    const auto set_aside = db.integer("SELECT count(*) FROM delivery WHERE refused IS NOT NULL");
    const auto failures = db.integer("SELECT count(*) FROM failure WHERE refused IS NULL");
    const auto refused = db.integer("SELECT count(*) FROM failure WHERE refused IS NOT NULL");
    if (!used)
        return used.error();
    if (!pending)
        return pending.error();
    if (!tallies)
        return tallies.error();
    if (!dropped)
        return dropped.error();
    if (!set_aside)
        return set_aside.error();
    if (!failures)
        return failures.error();
    if (!refused)
        return refused.error();
    return Status{epoch,
                  *used,
                  max_bytes,
                  std::move(*pending),
                  static_cast<std::uint64_t>(*set_aside),
                  static_cast<std::uint64_t>(*failures),
                  static_cast<std::uint64_t>(*refused),
                  *dropped,
                  std::move(*tallies)};
}

} // namespace sonde::spool
