#include "spool/room.hpp"

#include "spool/meta.hpp"
#include "spool/outcomes.hpp"
#include "spool/past.hpp"
#include "spool/results.hpp"
#include "spool/schema.hpp"
#include "spool/side_notes.hpp"

namespace sonde::spool {

namespace {

// Each of these says whether there was something to drop.

Result<bool> drop_set_aside(sqlite::Connection &db)
{
    const auto sequence =
        db.integer("SELECT sequence FROM delivery WHERE refused IS NOT NULL ORDER BY sequence LIMIT 1");
    if (!sequence || *sequence == 0)
        return sequence ? Result<bool>(false) : sequence.error();
    const auto dropped = db.run("DELETE FROM delivery WHERE sequence = ? AND refused IS NOT NULL", *sequence);
    if (!dropped)
        return dropped.error();
    if (auto tidied = tidy_entry(db, static_cast<std::uint64_t>(*sequence)); !tidied)
        return tidied.error();
    if (auto counted = count_up(db, kDroppedSetAside, static_cast<std::uint64_t>(*dropped)); !counted)
        return counted.error();
    return true;
}

// How reports ended: no collector's count lacks it, and whoever cannot report has more of it every day.
Result<bool> drop_what_goes_along(sqlite::Connection &db)
{
    // Not bound, lest the index of these is not taken.
    static const std::string sql = "DELETE FROM outcome WHERE id IN (SELECT outcome FROM outcome_delivery WHERE "
                                   "waiting = " +
                                   std::to_string(kGoesAlong) + " ORDER BY outcome LIMIT 10)";
    const auto dropped = db.run(sql);
    if (!dropped)
        return dropped.error();
    if (auto counted = count_up(db, kDroppedOutcomes, static_cast<std::uint64_t>(*dropped)); !counted)
        return counted.error();
    return *dropped > 0;
}

struct Oldest {
    std::uint64_t sequence = 0;
    std::string run;
    std::string action;
    std::uint64_t rows = 0;
    bool arrived = false;
};

Result<std::optional<Oldest>> oldest(sqlite::Connection &db, int kind)
{
    std::optional<Oldest> found;
    auto rows = db.query(
        "SELECT sequence, run, action, rows, handed FROM result WHERE kind = ? ORDER BY handed, sequence LIMIT 1",
        kind);
    if (rows.next())
        found = Oldest{static_cast<std::uint64_t>(rows.integer(0)), rows.string(1), rows.string(2),
                       static_cast<std::uint64_t>(rows.integer(3)), rows.integer(4) == kArrived};
    if (auto end = rows.end(); !end)
        return end.error();
    return found;
}

Result<bool> drop_result(sqlite::Connection &db)
{
    const auto result = oldest(db, kMeasured);
    if (!result || !*result)
        return result ? Result<bool>(false) : result.error();
    const auto &[sequence, run, action, rows, arrived] = **result;
    // Before it goes: an outcome that nothing waits for would go with it.
    if (auto noted = note_rows_dropped(db, run, action, arrived ? 0 : rows); !noted)
        return noted.error();
    if (auto dropped = db.run("DELETE FROM delivery WHERE sequence = ?", sequence); !dropped)
        return dropped.error();
    if (auto tidied = tidy_entry(db, sequence); !tidied)
        return tidied.error();
    if (auto counted = count_up(db, kDroppedResults, 1); !counted)
        return counted.error();
    if (auto counted = count_up(db, kDroppedRows, rows); !counted)
        return counted.error();
    return true;
}

Result<bool> drop_outcomes(sqlite::Connection &db)
{
    const auto entry = oldest(db, kOutcomes);
    if (!entry)
        return entry.error();
    if (*entry) {
        if (auto remembered = remember_given_up(db, (*entry)->sequence); !remembered)
            return remembered.error();
        if (auto dropped = db.run("DELETE FROM result WHERE sequence = ?", (*entry)->sequence); !dropped)
            return dropped.error();
        if (auto counted = count_up(db, kDroppedOutcomes, (*entry)->rows); !counted)
            return counted.error();
        return true;
    }
    // In no entry any more, all of which went before.
    const auto last = db.integer("SELECT max(id) FROM (SELECT id FROM outcome ORDER BY id LIMIT 10)");
    if (!last)
        return last.error();
    if (auto remembered = remember_dropped(db, *last); !remembered)
        return remembered.error();
    const auto dropped = db.run("DELETE FROM outcome WHERE id <= ?", *last);
    if (!dropped)
        return dropped.error();
    if (auto counted = count_up(db, kDroppedOutcomes, static_cast<std::uint64_t>(*dropped)); !counted)
        return counted.error();
    return *dropped > 0;
}

Result<bool> drop_something(sqlite::Connection &db)
{
    for (auto *drop : {drop_set_aside, drop_what_goes_along, drop_result, drop_outcomes})
        if (auto dropped = drop(db); !dropped || *dropped)
            return dropped;
    return false;
}

} // namespace

Result<std::uint64_t> used_bytes(sqlite::Connection &db)
{
    const auto pages = db.integer("PRAGMA page_count");
    const auto unused = db.integer("PRAGMA freelist_count");
    const auto size = db.integer("PRAGMA page_size");
    for (const auto *value : {&pages, &unused, &size})
        if (!*value)
            return value->error();
    return static_cast<std::uint64_t>((*pages - *unused) * *size);
}

Result<void> make_room(sqlite::Connection &db, std::uint64_t max_bytes)
{
    bool lost = false;
    for (;;) {
        const auto used = used_bytes(db);
        if (!used)
            return used.error();
        if (*used <= max_bytes)
            break;
        // What waits for nothing is kept only to be looked at.
        const auto forgotten = forget_some(db);
        if (!forgotten)
            return forgotten.error();
        if (*forgotten)
            continue;
        const auto dropped = drop_something(db);
        if (!dropped)
            return dropped.error();
        if (!*dropped)
            break; // what is left is what the agent cannot do without
        lost = true;
    }
    return lost ? put_drop_failure(db, max_bytes) : Result<void>();
}

} // namespace sonde::spool
