#include "spool/outcomes.hpp"

#include "model/outcomes.hpp"
#include "model/report_json.hpp"
#include "spool/past.hpp"
#include "spool/results.hpp"
#include "spool/schema.hpp"

namespace sonde::spool {

namespace {

// An outcome's row without its message, encoded, is shorter than this.
constexpr std::size_t kOutcomeBytes = 600;
// What an entry needs beside its rows, mostly the descriptions of the columns.
constexpr std::size_t kEntryBytes = 3000;
static_assert(kLeastBundle >= kEntryBytes + kOutcomeBytes);

struct Waiting {
    std::vector<std::int64_t> ids;
    std::vector<model::Outcome> outcomes;
};

Result<Waiting> waiting_outcomes(sqlite::Connection &db, const Destination &destination, std::size_t room)
{
    Waiting waiting;
    std::size_t bytes = kEntryBytes;
    static const std::string sql = "SELECT " + std::string(kOutcomeColumns) +
                                   " FROM outcome_delivery JOIN outcome ON outcome.id = outcome "
                                   "WHERE destination = ? AND waiting ORDER BY outcome";
    auto rows = db.query(sql, destination);
    while (rows.next()) {
        auto outcome = read_outcome(rows);
        bytes += kOutcomeBytes + outcome.message.size();
        if (bytes > room && !waiting.ids.empty())
            break;
        waiting.ids.push_back(rows.integer(0));
        waiting.outcomes.push_back(std::move(outcome));
    }
    if (auto end = rows.end(); !end)
        return end.error();
    return waiting;
}

// Entries of outcomes for `destination`, from `sequence` on.
Result<std::vector<model::ReportedResult>> bundles_from(sqlite::Connection &db, const Destination &destination,
                                                        std::uint64_t sequence)
{
    std::vector<model::ReportedResult> bundles;
    auto rows = db.query("SELECT body FROM delivery JOIN result USING (sequence) WHERE destination = ? "
                         "AND sequence >= ? AND kind = ? AND refused IS NULL ORDER BY sequence",
                         destination, sequence, kOutcomes);
    while (rows.next()) {
        auto reading = model::read_result(rows.text(0));
        if (!reading)
            return Error{"spool", "an entry of outcomes cannot be read: " + to_string(reading.errors.front()), ""};
        bundles.push_back(std::move(*reading.value));
    }
    if (auto end = rows.end(); !end)
        return end.error();
    return bundles;
}

Result<void> put_again(sqlite::Connection &db, const Uuid &epoch, const Destination &destination,
                       model::ReportedResult bundle)
{
    const auto sequence = next_sequence(db);
    if (!sequence)
        return sequence.error();
    bundle.identity = {epoch, *sequence};
    if (const auto entry = put_entry(db, bundle, kOutcomes, {destination}); !entry)
        return entry.error();
    const auto outcomes = model::outcomes_of(bundle);
    if (!outcomes)
        return outcomes.error();
    for (const model::Outcome &outcome : *outcomes)
        if (auto remembered = remember_entry(db, outcome, *sequence); !remembered)
            return remembered;
    return {};
}

// Takes the first half of its rows into an entry of its own.
model::ReportedResult cut_first_half(model::ReportedResult &bundle)
{
    model::ReportedResult half = bundle;
    half.run = random_uuid();
    auto &rows = bundle.tables.front().rows;
    const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
    half.tables.front().rows.assign(rows.begin(), middle);
    rows.erase(rows.begin(), middle);
    return half;
}

} // namespace

model::Outcome read_outcome(const sqlite::Rows &rows)
{
    model::Outcome outcome;
    outcome.run = rows.uuid(1);
    outcome.schedule = rows.text(2);
    outcome.action = rows.text(3);
    outcome.task = rows.text(4);
    outcome.word = static_cast<model::OutcomeWord>(rows.integer(5));
    outcome.status = static_cast<std::int32_t>(rows.integer(6));
    outcome.blame = static_cast<model::Blame>(rows.integer(7));
    outcome.message = rows.text(8);
    outcome.first_event = rows.time(9);
    outcome.last_event = rows.time(10);
    outcome.count = static_cast<std::uint64_t>(rows.integer(11));
    outcome.start = rows.optional_time(12);
    outcome.end = rows.optional_time(13);
    outcome.lateness = rows.optional_duration(14);
    outcome.rows = static_cast<std::uint64_t>(rows.integer(15));
    outcome.rows_dropped = static_cast<std::uint64_t>(rows.integer(16));
    outcome.sent_bytes = static_cast<std::uint64_t>(rows.integer(17));
    outcome.received_bytes = static_cast<std::uint64_t>(rows.integer(18));
    return outcome;
}

Result<void> put_outcome(sqlite::Connection &db, const model::Outcome &outcome,
                         const std::vector<Destination> &destinations, bool goes_along)
{
    const auto counted = db.run("INSERT INTO tally VALUES(?1, ?2, ?3, ?4) "
                                "ON CONFLICT DO UPDATE SET count = count + ?4",
                                outcome.schedule, outcome.action, static_cast<int>(outcome.word), outcome.count);
    if (!counted)
        return counted.error();
    const auto id = remember_outcome(db, outcome, !destinations.empty() && !goes_along);
    if (!id)
        return id.error();
    if (destinations.empty())
        return {};
    const auto stored =
        db.run("INSERT INTO outcome VALUES(?, ?,?,?,?, ?,?,?,?, ?,?,?, ?,?,?, ?,?,?,?)", *id, to_string(outcome.run),
               outcome.schedule, outcome.action, outcome.task, static_cast<int>(outcome.word), outcome.status,
               static_cast<int>(outcome.blame), outcome.message, outcome.first_event, outcome.last_event, outcome.count,
               outcome.start, outcome.end, outcome.rows, outcome.rows_dropped, outcome.sent_bytes,
               outcome.received_bytes, outcome.lateness);
    if (!stored)
        return stored.error();
    for (const auto &destination : destinations)
        if (auto meant = db.run("INSERT OR IGNORE INTO outcome_delivery VALUES(?, ?, ?)", destination, *id,
                                goes_along ? kGoesAlong : kWaits);
            !meant)
            return meant.error();
    return {};
}

Result<bool> outcomes_are_due(sqlite::Connection &db, const Destination &destination, bool all)
{
    const auto due = db.integer("SELECT EXISTS (SELECT 1 FROM outcome_delivery WHERE destination = ?1 AND waiting "
                                "AND waiting = ?2) OR ?3 <= (SELECT count(*) FROM (SELECT 1 FROM outcome_delivery "
                                "WHERE destination = ?1 AND waiting LIMIT ?3))",
                                destination, kWaits, all ? 1 : kReportAlone);
    if (!due)
        return due.error();
    return *due != 0;
}

Result<std::optional<Entry>> bundle_outcomes(sqlite::Connection &db, const Uuid &epoch, const Destination &destination,
                                             std::size_t room)
{
    const auto waiting = waiting_outcomes(db, destination, room);
    if (!waiting)
        return waiting.error();
    if (waiting->ids.empty())
        return std::optional<Entry>();
    const auto sequence = next_sequence(db);
    if (!sequence)
        return sequence.error();
    const auto result = model::outcomes_result(waiting->outcomes, {epoch, *sequence}, random_uuid(), sonde::now().wall);
    auto entry = put_entry(db, result, kOutcomes, {destination});
    if (!entry)
        return entry.error();
    for (std::size_t i = 0; i < waiting->ids.size(); ++i) {
        const auto taken = db.run("UPDATE outcome_delivery SET waiting = 0 WHERE destination = ? AND outcome = ?",
                                  destination, waiting->ids[i]);
        if (!taken)
            return taken.error();
        if (auto remembered = remember_entry(db, waiting->ids[i], *sequence); !remembered)
            return remembered.error();
        const auto &outcome = waiting->outcomes[i];
        if (auto tidied = tidy_outcome(db, to_string(outcome.run), outcome.action); !tidied)
            return tidied.error();
    }
    return std::optional(std::move(*entry));
}

Result<bool> halve_bundle(sqlite::Connection &db, const Uuid &epoch, const Destination &destination,
                          std::uint64_t sequence)
{
    const auto several = db.integer("SELECT EXISTS (SELECT 1 FROM delivery JOIN result USING (sequence) "
                                    "WHERE destination = ? AND sequence = ? AND kind = ? AND rows > 1)",
                                    destination, sequence, kOutcomes);
    if (!several || *several == 0)
        return several ? Result<bool>(false) : several.error();
    auto bundles = bundles_from(db, destination, sequence);
    if (!bundles)
        return bundles.error();
    bundles->insert(bundles->begin(), cut_first_half(bundles->front()));
    // A bundle is for one destination, so it goes with the delivery.
    const auto deleted = db.run("DELETE FROM result WHERE kind = ?3 AND sequence IN (SELECT sequence FROM delivery "
                                "WHERE destination = ?1 AND sequence >= ?2 AND refused IS NULL)",
                                destination, sequence, kOutcomes);
    if (!deleted)
        return deleted.error();
    for (model::ReportedResult &bundle : *bundles)
        if (auto put = put_again(db, epoch, destination, std::move(bundle)); !put)
            return put.error();
    return true;
}

Result<void> note_rows_dropped(sqlite::Connection &db, const std::string &run, const std::string &action,
                               std::uint64_t rows)
{
    if (rows == 0)
        return {};
    const auto running = db.run("UPDATE action SET rows_dropped = rows_dropped + ? "
                                "WHERE run = ? AND name = ? AND state <> ?",
                                rows, run, action, kEnded);
    if (!running)
        return running.error();
    if (auto remembered = remember_rows_dropped(db, run, action, rows); !remembered)
        return remembered;
    const auto told = db.run("UPDATE outcome_delivery SET waiting = 1 "
                             "WHERE outcome IN (SELECT id FROM outcome WHERE run = ? AND action = ?)",
                             run, action);
    if (!told)
        return told.error();
    return db.change("UPDATE outcome SET rows_dropped = rows_dropped + ? WHERE run = ? AND action = ?", rows, run,
                     action);
}

Result<void> tidy_outcome(sqlite::Connection &db, const std::string &run, const std::string &action)
{
    return db.change("DELETE FROM outcome WHERE run = ?1 AND action = ?2 "
                     "AND NOT EXISTS (SELECT 1 FROM result WHERE run = ?1 AND action = ?2) "
                     "AND NOT EXISTS (SELECT 1 FROM outcome_delivery WHERE outcome = outcome.id AND waiting)",
                     run, action);
}

} // namespace sonde::spool
