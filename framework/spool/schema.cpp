#include "spool/schema.hpp"

namespace sonde::spool {

namespace {

// Times are nanoseconds since the Unix epoch, UUIDs their 36 characters.
constexpr const char *kFirst = R"sql(
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;

CREATE TABLE instruction(
    one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL, etag TEXT NOT NULL, applied_at INTEGER NOT NULL);

CREATE TABLE progress(
    schedule TEXT PRIMARY KEY, fingerprint INTEGER NOT NULL, last_event INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE intent(
    id TEXT PRIMARY KEY, schedule TEXT NOT NULL, event INTEGER NOT NULL, spread INTEGER NOT NULL,
    cycle_number TEXT) WITHOUT ROWID;

-- What an intent's actions are; `rows` and `rows_dropped` of the parts that were appended so far.
CREATE TABLE action(
    intent TEXT NOT NULL REFERENCES intent(id) ON DELETE CASCADE, number INTEGER NOT NULL, name TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 0, run TEXT, task TEXT, start INTEGER, parts INTEGER NOT NULL DEFAULT 0,
    rows INTEGER NOT NULL DEFAULT 0, rows_dropped INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (intent, number)) WITHOUT ROWID;
CREATE INDEX action_run ON action(run, name);

-- Entries of reports, encoded. A sequence number is never used again, also when its row is gone. `handed` is set when
-- the entry may have reached a collector: to drop it then might count rows as lost that arrived.
CREATE TABLE result(
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, run TEXT NOT NULL, action TEXT NOT NULL,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, handed INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL);
CREATE INDEX result_run ON result(run, action);
CREATE INDEX result_kind ON result(kind, handed, sequence);

-- Whom an entry is for. It goes with the acknowledgement; `refused` is why it was set aside.
CREATE TABLE delivery(
    destination TEXT NOT NULL, sequence INTEGER NOT NULL REFERENCES result(sequence) ON DELETE CASCADE,
    refused TEXT, refused_at INTEGER, PRIMARY KEY (destination, sequence)) WITHOUT ROWID;
CREATE INDEX delivery_sequence ON delivery(sequence);
CREATE INDEX delivery_refused ON delivery(sequence) WHERE refused IS NOT NULL;

-- An outcome stays while results of its run do, so that it can still say what of them was dropped.
CREATE TABLE outcome(
    id INTEGER PRIMARY KEY, run TEXT NOT NULL, schedule TEXT NOT NULL, action TEXT NOT NULL, task TEXT NOT NULL,
    word INTEGER NOT NULL, status INTEGER NOT NULL, blame INTEGER NOT NULL, message TEXT NOT NULL,
    first_event INTEGER NOT NULL, last_event INTEGER NOT NULL, count INTEGER NOT NULL, start INTEGER, end INTEGER,
    lateness INTEGER NOT NULL, rows INTEGER NOT NULL, rows_dropped INTEGER NOT NULL, sent_bytes INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL);
CREATE INDEX outcome_run ON outcome(run, action);

-- `waiting` until it is in an entry for this destination; again when it has changed since.
CREATE TABLE outcome_delivery(
    destination TEXT NOT NULL, outcome INTEGER NOT NULL REFERENCES outcome(id) ON DELETE CASCADE,
    waiting INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (destination, outcome)) WITHOUT ROWID;
CREATE INDEX outcome_delivery_outcome ON outcome_delivery(outcome);
CREATE INDEX outcome_delivery_waiting ON outcome_delivery(destination, outcome) WHERE waiting;

CREATE TABLE tally(
    schedule TEXT NOT NULL, action TEXT NOT NULL, word INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (schedule, action, word)) WITHOUT ROWID;

CREATE TABLE failure(
    id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL,
    message TEXT NOT NULL);

CREATE TABLE budget(day INTEGER PRIMARY KEY, bytes INTEGER NOT NULL);
)sql";

constexpr const char *kRefusals = R"sql(
CREATE TABLE refused_instruction(
    one INTEGER PRIMARY KEY CHECK (one = 1), etag TEXT NOT NULL, content TEXT NOT NULL, refused_by TEXT NOT NULL);

-- Why the controller does not take it: it is kept to be looked at until newer ones take its place.
ALTER TABLE failure ADD COLUMN refused TEXT;
)sql";

// What happens to suppressions, and RFC 8194's counters.
constexpr const char *kStates = R"sql(
CREATE TABLE suppression(
    name TEXT PRIMARY KEY, fingerprint INTEGER NOT NULL, active INTEGER NOT NULL, event INTEGER,
    due INTEGER) WITHOUT ROWID;

CREATE TABLE schedule_counts(
    schedule TEXT PRIMARY KEY, invocations INTEGER NOT NULL DEFAULT 0, suppressions INTEGER NOT NULL DEFAULT 0,
    overlaps INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, last_invocation INTEGER) WITHOUT ROWID;

CREATE TABLE action_counts(
    schedule TEXT NOT NULL, action TEXT NOT NULL, invocations INTEGER NOT NULL DEFAULT 0,
    suppressions INTEGER NOT NULL DEFAULT 0, overlaps INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,
    last_invocation INTEGER, last_completion INTEGER, last_status INTEGER NOT NULL DEFAULT 0,
    last_message TEXT NOT NULL DEFAULT '', last_failed_completion INTEGER,
    last_failed_status INTEGER NOT NULL DEFAULT 0, last_failed_message TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (schedule, action)) WITHOUT ROWID;

-- Whether one of its actions has started, and whether one has failed: it counts once.
ALTER TABLE intent ADD COLUMN invoked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intent ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
)sql";

// An outcome has its number in `past` before it has it in `outcome`. `reported`: somebody is to have it; `sequence`:
// the entry that has it, of the destination that was handed it last.
constexpr const char *kPast = R"sql(
CREATE TABLE past(
    id INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, schedule TEXT NOT NULL, action TEXT NOT NULL,
    task TEXT NOT NULL, word INTEGER NOT NULL, status INTEGER NOT NULL, blame INTEGER NOT NULL, message TEXT NOT NULL,
    first_event INTEGER NOT NULL, last_event INTEGER NOT NULL, count INTEGER NOT NULL, start INTEGER, end INTEGER,
    lateness INTEGER NOT NULL, rows INTEGER NOT NULL, rows_dropped INTEGER NOT NULL, sent_bytes INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL, reported INTEGER NOT NULL, sequence INTEGER, acknowledged INTEGER);
INSERT INTO past SELECT *, 1, NULL, NULL FROM outcome WHERE EXISTS (
    SELECT 1 FROM outcome_delivery WHERE outcome = outcome.id AND waiting);
INSERT INTO meta SELECT 'reported', coalesce(sum(count), 0) FROM past;
-- No number is given twice.
INSERT INTO sqlite_sequence SELECT 'past', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'past');
UPDATE sqlite_sequence SET seq = coalesce((SELECT max(id) FROM outcome), 0) WHERE name = 'past';
)sql";

constexpr const char *kBucket = R"sql(
CREATE TABLE bucket(
    one INTEGER PRIMARY KEY CHECK (one = 1), rate INTEGER NOT NULL, burst INTEGER NOT NULL, level INTEGER NOT NULL,
    reserved INTEGER NOT NULL, at INTEGER NOT NULL);
)sql";

// Since when an outcome is known; and what finds those that wait for an acknowledgement, and those that do not, however
// many there are of the others.
constexpr const char *kWaiting = R"sql(
ALTER TABLE past ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0;
UPDATE past SET recorded = coalesce(end, last_event);
CREATE INDEX past_waiting ON past(recorded) WHERE reported AND acknowledged IS NULL;
CREATE INDEX past_over ON past(id) WHERE NOT (reported AND acknowledged IS NULL);
CREATE INDEX past_sequence ON past(sequence) WHERE sequence IS NOT NULL;
CREATE INDEX past_run ON past(run, action);
)sql";

// Lateness is null where nothing ran, which had been 0.
constexpr const char *kLateness = R"sql(
ALTER TABLE outcome ADD COLUMN late INTEGER;
UPDATE outcome SET late = lateness WHERE lateness <> 0;
ALTER TABLE outcome DROP COLUMN lateness;
ALTER TABLE outcome RENAME COLUMN late TO lateness;
ALTER TABLE past ADD COLUMN late INTEGER;
UPDATE past SET late = lateness WHERE lateness <> 0;
ALTER TABLE past DROP COLUMN lateness;
ALTER TABLE past RENAME COLUMN late TO lateness;
)sql";

// What finds those that only go along with others (kGoesAlong), however many there are of the others.
constexpr const char *kAlong = R"sql(
CREATE INDEX outcome_delivery_along ON outcome_delivery(outcome) WHERE waiting = 2;
)sql";

} // namespace

const std::vector<std::string> &migrations()
{
    static const std::vector<std::string> steps = {kFirst,  kRefusals, kStates,   kPast,
                                                   kBucket, kWaiting,  kLateness, kAlong};
    return steps;
}

} // namespace sonde::spool
