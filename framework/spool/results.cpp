#include "spool/results.hpp"

#include "model/limits.hpp"
#include "model/report_json.hpp"
#include "model/row_count.hpp"
#include "spool/counts.hpp"
#include "spool/inputs.hpp"
#include "spool/outcomes.hpp"
#include "spool/past.hpp"
#include "spool/schema.hpp"
#include "spool/side_notes.hpp"

#include <algorithm>

namespace sonde::spool {

namespace {

// Leaves room for the report around it.
constexpr std::size_t kEntryBytesMax = model::kReportBytesMax - 64 * 1024;

// What the spool knows of an action that runs or is planned.
struct Counted {
    Uuid intent;
    std::int64_t number = 0;
    int state = kPlanned;
    std::uint32_t parts = 0;
    std::uint64_t rows = 0;
    std::uint64_t rows_dropped = 0;
    std::string run;
    std::string name;
};

Result<std::optional<Counted>> one_action(sqlite::Rows rows)
{
    std::optional<Counted> found;
    if (rows.next())
        found = Counted{rows.uuid(0),
                        rows.integer(1),
                        static_cast<int>(rows.integer(2)),
                        static_cast<std::uint32_t>(rows.integer(3)),
                        static_cast<std::uint64_t>(rows.integer(4)),
                        static_cast<std::uint64_t>(rows.integer(5)),
                        rows.string(6),
                        rows.string(7)};
    if (auto end = rows.end(); !end)
        return end.error();
    return found;
}

Error not_now(const std::string &what, const std::optional<Counted> &action)
{
    static constexpr const char *states[] = {"is planned, not started", "is running", "has ended"};
    return {"spool", what + (action ? std::string(" ") + states[action->state] : " is not planned"), ""};
}

Result<void> put_part(sqlite::Connection &db, const Uuid &epoch, const Counted &action, model::ReportedResult part,
                      const std::vector<Destination> &destinations)
{
    if (destinations.empty())
        return {};
    const auto sequence = next_sequence(db);
    if (!sequence)
        return sequence.error();
    part.identity = {epoch, *sequence};
    part.part = action.parts;
    if (auto entry = put_entry(db, part, kMeasured, destinations); !entry)
        return entry.error();
    return db.change("UPDATE action SET parts = parts + 1, rows = rows + ? WHERE intent = ? AND number = ?",
                     model::row_count(part), to_string(action.intent), action.number);
}

bool is_full(const Batch &batch, std::size_t bytes, std::size_t max_bytes)
{
    return (bytes >= max_bytes && !batch.entries.empty()) || batch.entries.size() == model::kResultsMax;
}

// The entries that wait, as far as they fit.
Result<void> read_entries(sqlite::Connection &db, const Destination &destination, std::size_t max_bytes, Batch &batch,
                          std::size_t &bytes)
{
    auto rows = db.query("SELECT sequence, bytes, body FROM delivery JOIN result USING (sequence) "
                         "WHERE destination = ? AND refused IS NULL ORDER BY sequence",
                         destination);
    while (!batch.more && rows.next()) {
        const auto size = static_cast<std::size_t>(rows.integer(1));
        batch.more = is_full(batch, bytes, max_bytes) || (!batch.entries.empty() && bytes + size > max_bytes);
        if (batch.more)
            break;
        bytes += size;
        batch.entries.push_back({static_cast<std::uint64_t>(rows.integer(0)), rows.string(2)});
    }
    return rows.end();
}

// Outcomes get their entry, and with it a sequence number, only when they are about to go: until then one that changes
// is simply different. They come after the results before them.
Result<void> add_outcomes(sqlite::Connection &db, const Uuid &epoch, const Destination &destination, std::size_t room,
                          bool all, Batch &batch)
{
    if (batch.more)
        return {};
    const bool fits = batch.entries.empty() || (room >= kLeastBundle && batch.entries.size() < model::kResultsMax);
    const auto due = outcomes_are_due(db, destination, all);
    if (!due)
        return due.error();
    if (fits && (*due || !batch.entries.empty())) {
        auto entry = bundle_outcomes(db, epoch, destination, room);
        if (!entry)
            return entry.error();
        if (!*entry)
            return {};
        batch.entries.push_back(std::move(**entry));
    }
    const auto still = outcomes_are_due(db, destination, all);
    if (!still)
        return still.error();
    batch.more = *still;
    return {};
}

// A result that its collectors have, and that waits to be an input yet, is the first to go, and no loss to them.
Result<void> note_arrived(sqlite::Connection &db, const Destination &destination, std::uint64_t sequence)
{
    if (destination.starts_with(kInputScheme))
        return {};
    const auto alone = is_input_alone(db, sequence);
    if (!alone || !*alone)
        return alone ? Result<void>() : alone.error();
    return db.change("UPDATE result SET handed = ? WHERE sequence = ?", kArrived, sequence);
}

} // namespace

Result<std::uint64_t> next_sequence(sqlite::Connection &db)
{
    const auto last = db.integer("SELECT seq FROM sqlite_sequence WHERE name = 'result'");
    if (!last)
        return last.error();
    return static_cast<std::uint64_t>(*last + 1);
}

Result<Entry> put_entry(sqlite::Connection &db, const model::ReportedResult &result, int kind,
                        const std::vector<Destination> &destinations)
{
    Entry entry{result.identity.sequence, model::write_result(result)};
    if (entry.json.size() > kEntryBytesMax)
        return Error{"spool", "a part of " + std::to_string(entry.json.size()) + " bytes is too large for any report",
                     "append smaller parts"};
    const auto stored =
        db.run("INSERT INTO result VALUES(?, ?, ?, ?, ?, ?, 0, ?)", entry.sequence, kind, to_string(result.run),
               result.action, model::row_count(result), entry.json.size(), entry.json);
    if (!stored)
        return stored.error();
    for (const auto &destination : destinations) {
        const auto meant =
            db.run("INSERT OR IGNORE INTO delivery VALUES(?, ?, NULL, NULL)", destination, entry.sequence);
        if (!meant)
            return meant.error();
    }
    return entry;
}

Result<void> append_part(sqlite::Connection &db, const Uuid &epoch, model::ReportedResult part,
                         const std::vector<Destination> &destinations)
{
    const auto action = one_action(db.query("SELECT intent, number, state, parts, rows, rows_dropped, run, name "
                                            "FROM action WHERE run = ? AND name = ?",
                                            to_string(part.run), part.action));
    if (!action)
        return action.error();
    if (!*action || (*action)->state != kStarted)
        return not_now("run " + to_string(part.run) + " action '" + part.action + "'", *action);
    part.last = false;
    return put_part(db, epoch, **action, std::move(part), destinations);
}

Result<void> end_action(sqlite::Connection &db, const Uuid &epoch, Ended ended)
{
    const auto intent = to_string(ended.intent);
    const auto action = one_action(db.query("SELECT intent, number, state, parts, rows, rows_dropped, run, name "
                                            "FROM action WHERE intent = ? AND number = ?",
                                            intent, ended.action));
    if (!action)
        return action.error();
    if (!*action || (*action)->state == kEnded)
        return not_now("intent " + intent + " action " + std::to_string(ended.action), *action);
    if (ended.last_part) {
        ended.last_part->last = true;
        if (auto put = put_part(db, epoch, **action, std::move(*ended.last_part), ended.destinations); !put)
            return put.error();
    }
    ended.outcome.rows_dropped += (*action)->rows_dropped;
    if (auto counted = count_execution(db, intent, ended.outcome, ended.as_instructed); !counted)
        return counted.error();
    if (auto put = put_outcome(db, ended.outcome, ended.outcome_destinations, ended.goes_along); !put)
        return put.error();
    if (auto taken = acknowledge_entries(db, ended.input, ended.taken); !taken)
        return taken;
    const auto marked =
        db.run("UPDATE action SET state = ? WHERE intent = ? AND number = ?", kEnded, intent, ended.action);
    if (!marked)
        return marked.error();
    return db.change("DELETE FROM intent WHERE id = ?1 "
                     "AND NOT EXISTS (SELECT 1 FROM action WHERE intent = ?1 AND state <> ?2)",
                     intent, kEnded);
}

Result<Batch> next_batch(sqlite::Connection &db, const Uuid &epoch, const Destination &destination,
                         std::size_t max_bytes, bool all)
{
    Batch batch;
    std::size_t bytes = 0;
    if (auto read = read_entries(db, destination, max_bytes, batch, bytes); !read)
        return read.error();
    if (auto added = add_outcomes(db, epoch, destination, max_bytes - std::min(bytes, max_bytes), all, batch); !added)
        return added.error();
    for (const auto &entry : batch.entries) {
        const auto handed = db.run("UPDATE result SET handed = ? WHERE sequence = ? AND handed = ?", kHanded,
                                   entry.sequence, kNotHanded);
        if (!handed)
            return handed.error();
    }
    return batch;
}

Result<void> tidy_entry(sqlite::Connection &db, std::uint64_t sequence)
{
    std::string run;
    std::string action;
    {
        auto rows = db.query("SELECT run, action FROM result WHERE sequence = ?1 "
                             "AND NOT EXISTS (SELECT 1 FROM delivery WHERE sequence = ?1)",
                             sequence);
        if (!rows.next())
            return rows.end();
        run = rows.string(0);
        action = rows.string(1);
    }
    if (auto deleted = db.run("DELETE FROM result WHERE sequence = ?", sequence); !deleted)
        return deleted.error();
    return tidy_outcome(db, run, action);
}

Result<void> acknowledge_entries(sqlite::Connection &db, const Destination &destination,
                                 const std::vector<std::uint64_t> &sequences)
{
    for (const auto sequence : sequences) {
        const auto outcomes =
            db.integer("SELECT count(*) FROM result WHERE sequence = ? AND kind = ?", sequence, kOutcomes);
        if (!outcomes)
            return outcomes.error();
        if (*outcomes > 0)
            if (auto remembered = remember_acknowledged(db, sequence, sonde::now().wall); !remembered)
                return remembered;
        const auto done = db.run("DELETE FROM delivery WHERE destination = ? AND sequence = ?", destination, sequence);
        if (!done)
            return done.error();
        if (auto tidied = tidy_entry(db, sequence); !tidied)
            return tidied.error();
        if (auto noted = note_arrived(db, destination, sequence); !noted)
            return noted;
    }
    return {};
}

Result<void> set_entries_aside(sqlite::Connection &db, const Destination &destination,
                               const std::vector<std::uint64_t> &sequences, const std::string &reason, WallTime when)
{
    for (const auto sequence : sequences) {
        const auto done = db.run("UPDATE delivery SET refused = ?, refused_at = ? "
                                 "WHERE destination = ? AND sequence = ?",
                                 reason, when, destination, sequence);
        if (!done)
            return done.error();
        if (auto remembered = remember_given_up(db, sequence); !remembered)
            return remembered;
    }
    return put_failure(db, {when, "report", destination,
                            std::to_string(sequences.size()) + " results were refused and set aside: " + reason});
}

} // namespace sonde::spool
