#include "store/controller_state.hpp"

#include "store/polls.hpp"

#include <map>
#include <utility>

namespace sonde::store {

namespace {

using sqlite::Connection;

constexpr int kFailuresKept = 1000; // of one agent
constexpr std::size_t kAgentsAtOnce = 1000;

// Times are nanoseconds since the Unix epoch, UUIDs their 36 characters.
constexpr const char *kControllerTables = R"sql(
CREATE TABLE instruction(
    agent TEXT PRIMARY KEY, text TEXT NOT NULL, etag TEXT NOT NULL, set_at INTEGER NOT NULL,
    set_by TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE agent(
    agent TEXT PRIMARY KEY, applied_etag TEXT, last_seen INTEGER, capabilities TEXT, capabilities_at INTEGER)
    WITHOUT ROWID;
CREATE TABLE failure(
    id INTEGER PRIMARY KEY, agent TEXT NOT NULL, received INTEGER NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL,
    path TEXT NOT NULL, message TEXT NOT NULL);
CREATE INDEX failure_agent ON failure(agent, id);
)sql";

// Those from before have none, and no two of them are the same.
constexpr const char *kFailureIdentity = R"sql(
ALTER TABLE failure ADD COLUMN epoch TEXT;
ALTER TABLE failure ADD COLUMN sequence INTEGER;
CREATE UNIQUE INDEX failure_identity ON failure(agent, epoch, sequence);
)sql";

// What an agent says of its planned runs.
constexpr const char *kAccounts = R"sql(
ALTER TABLE agent ADD COLUMN planned INTEGER;
ALTER TABLE agent ADD COLUMN acknowledged INTEGER;
ALTER TABLE agent ADD COLUMN waiting INTEGER;
)sql";

// What it said of them over time.
constexpr const char *kMarks = R"sql(
ALTER TABLE agent ADD COLUMN polled INTEGER;
ALTER TABLE agent ADD COLUMN polled_since INTEGER;
CREATE TABLE mark(agent TEXT, at INTEGER, planned INTEGER NOT NULL, PRIMARY KEY (agent, at)) WITHOUT ROWID;
)sql";

// The triggers of what is not over as well.
constexpr const char *kTriggered = R"sql(
ALTER TABLE agent ADD COLUMN triggered INTEGER;
ALTER TABLE mark ADD COLUMN triggered INTEGER;
)sql";

Result<std::optional<AgentInstruction>> read_instruction(Connection &db, const Uuid &agent)
{
    std::optional<AgentInstruction> found;
    auto rows = db.query("SELECT text, etag, set_at, set_by FROM instruction WHERE agent = ?", to_string(agent));
    if (rows.next())
        found = AgentInstruction{agent, rows.string(0), rows.string(1), rows.time(2), rows.string(3)};
    if (auto end = rows.end(); !end)
        return end.error();
    return found;
}

Result<AgentInstruction> put_instruction(Connection &db, AgentInstruction wanted)
{
    auto known = read_instruction(db, wanted.agent);
    if (!known)
        return known.error();
    if (*known && (*known)->text == wanted.text)
        return std::move(**known);
    wanted.etag = to_string(random_uuid());
    const auto stored = db.run("INSERT OR REPLACE INTO instruction VALUES(?, ?, ?, ?, ?)", to_string(wanted.agent),
                               wanted.text, wanted.etag, wanted.set_at, wanted.set_by);
    if (!stored)
        return stored.error();
    return wanted;
}

Result<void> put_failures(Connection &db, const Uuid &agent, const std::vector<model::Failure> &failures,
                          WallTime received)
{
    const auto id = to_string(agent);
    for (const auto &failure : failures) {
        const auto stored = db.run("INSERT INTO failure VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                                   id, received, failure.time, failure.kind, failure.path, failure.message,
                                   to_string(failure.identity.epoch), failure.identity.sequence);
        if (!stored)
            return stored.error();
    }
    return db.change("DELETE FROM failure WHERE id IN "
                     "(SELECT id FROM failure WHERE agent = ? ORDER BY id DESC LIMIT -1 OFFSET ?)",
                     id, kFailuresKept);
}

Result<std::vector<StoredFailure>> read_failures(Connection &db, const std::optional<Uuid> &agent, std::int64_t before,
                                                 std::size_t limit, std::size_t bytes)
{
    std::vector<StoredFailure> all;
    const std::string columns =
        "SELECT id, agent, received, time, kind, path, message, epoch, sequence FROM failure WHERE id < ?";
    const std::string order = " ORDER BY id DESC LIMIT ?";
    auto rows = agent ? db.query(columns + " AND agent = ?" + order, before, to_string(*agent), limit)
                      : db.query(columns + order, before, limit);
    std::size_t size = 0;
    while (size < bytes && rows.next()) {
        all.push_back({rows.integer(0),
                       rows.uuid(1),
                       rows.time(2),
                       {rows.time(3),
                        rows.string(4),
                        rows.string(5),
                        rows.string(6),
                        {rows.uuid(7), static_cast<std::uint64_t>(rows.integer(8))}}});
        const model::Failure &failure = all.back().failure;
        size += sizeof(StoredFailure) + failure.kind.size() + failure.path.size() + failure.message.size();
    }
    if (auto end = rows.end(); !end)
        return end.error();
    return all;
}

// Agents that have an instruction may never have been here, and the other way round.
Result<std::vector<std::string>> read_ids(Connection &db, const std::optional<Uuid> &after)
{
    std::vector<std::string> ids;
    auto rows = db.query("SELECT agent FROM agent WHERE agent > ?1 UNION "
                         "SELECT agent FROM instruction WHERE agent > ?1 ORDER BY agent LIMIT ?2",
                         after ? to_string(*after) : std::string(), kAgentsAtOnce);
    while (rows.next())
        ids.push_back(rows.string(0));
    if (auto end = rows.end(); !end)
        return end.error();
    return ids;
}

// One by one, since a join would sort a thousand agents with all that they sent.
Result<std::vector<AgentRecord>> read_records(Connection &db, const std::optional<Uuid> &after, std::size_t bytes)
{
    const auto ids = read_ids(db, after);
    if (!ids)
        return ids.error();
    std::vector<AgentRecord> all;
    std::size_t size = 0;
    for (const std::string &id : *ids) {
        if (size >= bytes)
            break;
        auto rows = db.query("SELECT known, etag, applied_etag, last_seen, capabilities, capabilities_at, "
                             "(SELECT count(*) FROM failure WHERE failure.agent = known), planned, acknowledged, "
                             "waiting, CASE WHEN planned IS NOT NULL THEN text END, polled, polled_since, "
                             "triggered "
                             "FROM (SELECT ? AS known) LEFT JOIN agent ON agent.agent = known "
                             "LEFT JOIN instruction ON instruction.agent = known",
                             id);
        if (!rows.next())
            return rows.end() ? Error{"state", "agent " + id + " is missing", ""} : rows.end().error();
        all.push_back({rows.uuid(0), rows.optional_string(1), rows.optional_string(2), rows.optional_time(3),
                       rows.optional_string(4), rows.optional_time(5), static_cast<std::uint64_t>(rows.integer(6))});
        if (!rows.null(7)) {
            all.back().accounts =
                AgentAccounts{static_cast<std::uint64_t>(rows.integer(7)), static_cast<std::uint64_t>(rows.integer(8)),
                              std::chrono::seconds(rows.integer(9))};
            if (!rows.null(13))
                all.back().accounts->triggered = static_cast<std::uint64_t>(rows.integer(13));
        }
        all.back().instruction = rows.optional_string(10);
        all.back().polled = rows.optional_time(11);
        all.back().polled_since = rows.optional_time(12);
        auto marks = read_marks(db, id);
        if (!marks)
            return marks.error();
        all.back().marks = std::move(*marks);
        for (const auto *text : {&all.back().capabilities, &all.back().instruction})
            size += *text ? (*text)->size() : 0;
        size += sizeof(AgentRecord);
    }
    return all;
}

} // namespace

ControllerState::ControllerState(std::unique_ptr<sqlite::Database> database) : database_(std::move(database)) {}

Result<ControllerState> ControllerState::open(const std::filesystem::path &file)
{
    auto database = sqlite::Database::open(file, {kControllerTables, kFailureIdentity, kAccounts, kMarks, kTriggered});
    if (!database)
        return database.error();
    return ControllerState(std::make_unique<sqlite::Database>(std::move(*database)));
}

asio::awaitable<Result<AgentInstruction>> ControllerState::set_instruction(Uuid agent, std::string text, std::string by,
                                                                           WallTime when)
{
    return database_->write([wanted = AgentInstruction{agent, std::move(text), "", when, std::move(by)}](
                                Connection &db) { return put_instruction(db, wanted); });
}

asio::awaitable<Result<std::optional<AgentInstruction>>> ControllerState::instruction(Uuid agent)
{
    return database_->read([agent](Connection &db) { return read_instruction(db, agent); });
}

asio::awaitable<Result<void>> ControllerState::set_capabilities(Uuid agent, std::string json, WallTime when)
{
    return database_->write([agent, json = std::move(json), when](Connection &db) {
        return db.change("INSERT INTO agent(agent, last_seen, capabilities, capabilities_at) "
                         "VALUES(?1, ?3, ?2, ?3) ON CONFLICT (agent) DO UPDATE SET "
                         "last_seen = ?3, capabilities = ?2, capabilities_at = ?3",
                         to_string(agent), json, when);
    });
}

asio::awaitable<Result<void>> ControllerState::seen(Uuid agent, std::optional<std::string> applied_etag, WallTime when,
                                                    std::optional<AgentAccounts> accounts)
{
    return database_->write([id = to_string(agent), applied = std::move(applied_etag), when, accounts](Connection &db) {
        return put_poll(db, id, applied, when, accounts);
    });
}

asio::awaitable<Result<void>> ControllerState::add_failures(Uuid agent, std::vector<model::Failure> failures,
                                                            WallTime received)
{
    return database_->write([agent, failures = std::move(failures), received](Connection &db) {
        return put_failures(db, agent, failures, received);
    });
}

asio::awaitable<Result<std::vector<StoredFailure>>>
ControllerState::failures(std::optional<Uuid> agent, std::int64_t before, std::size_t limit, std::size_t bytes)
{
    return database_->read([=](Connection &db) { return read_failures(db, agent, before, limit, bytes); });
}

asio::awaitable<Result<std::vector<AgentRecord>>> ControllerState::agents(std::optional<Uuid> after, std::size_t bytes)
{
    return database_->read([after, bytes](Connection &db) { return read_records(db, after, bytes); });
}

} // namespace sonde::store
