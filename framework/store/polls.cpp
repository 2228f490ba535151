#include "store/polls.hpp"

namespace sonde::store {

namespace {

// Polls that follow each other within this have no break between them: the longest one, and the pauses of an agent that
// has not reached the controller.
constexpr std::chrono::nanoseconds kBreak = std::chrono::minutes(5);

Result<void> put_mark(sqlite::Connection &db, const std::string &agent, AgentMark newest)
{
    const auto known = read_marks(db, agent);
    if (!known)
        return known.error();
    const std::vector<AgentMark> marks = with_mark(*known, newest);
    if (marks == *known)
        return {};
    if (auto emptied = db.run("DELETE FROM mark WHERE agent = ?", agent); !emptied)
        return emptied.error();
    for (const AgentMark &mark : marks)
        if (auto stored = db.run("INSERT INTO mark(agent, at, planned, triggered) VALUES(?, ?, ?, ?)", agent, mark.at,
                                 mark.planned, mark.triggered);
            !stored)
            return stored.error();
    return {};
}

// What an agent plans by another instruction is counted from there on.
Result<void> drop_marks_of_another(sqlite::Connection &db, const std::string &agent,
                                   const std::optional<std::string> &applied)
{
    return db.change("DELETE FROM mark WHERE agent = ?1 AND NOT EXISTS "
                     "(SELECT 1 FROM agent WHERE agent = ?1 AND applied_etag = coalesce(?2, applied_etag))",
                     agent, applied);
}

} // namespace

Result<std::vector<AgentMark>> read_marks(sqlite::Connection &db, const std::string &agent)
{
    std::vector<AgentMark> marks;
    auto rows =
        db.query("SELECT at, planned, coalesce(triggered, planned) FROM mark WHERE agent = ? ORDER BY at", agent);
    while (rows.next())
        marks.push_back(
            {rows.time(0), static_cast<std::uint64_t>(rows.integer(1)), static_cast<std::uint64_t>(rows.integer(2))});
    if (auto end = rows.end(); !end)
        return end.error();
    return marks;
}

Result<void> put_poll(sqlite::Connection &db, const std::string &agent, const std::optional<std::string> &applied,
                      WallTime when, const std::optional<AgentAccounts> &accounts)
{
    if (auto dropped = drop_marks_of_another(db, agent, applied); !dropped)
        return dropped.error();
    std::optional<std::uint64_t> planned, acknowledged, triggered;
    std::optional<std::int64_t> waiting;
    if (accounts) {
        planned = accounts->planned;
        acknowledged = accounts->acknowledged;
        waiting = accounts->waiting.count();
        triggered = accounts->triggered;
    }
    const auto stored = db.run(
        "INSERT INTO agent(agent, applied_etag, last_seen, planned, acknowledged, waiting, polled, polled_since, "
        "triggered) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?3, ?3, ?8) ON CONFLICT (agent) DO UPDATE SET "
        "last_seen = ?3, applied_etag = coalesce(?2, applied_etag), planned = ?4, acknowledged = ?5, "
        "waiting = ?6, polled = ?3, triggered = ?8, "
        "polled_since = CASE WHEN polled BETWEEN ?3 - ?7 AND ?3 THEN polled_since ELSE ?3 END",
        agent, applied, when, planned, acknowledged, waiting, kBreak.count(), triggered);
    if (!stored)
        return stored.error();
    return accounts ? put_mark(db, agent, {when, accounts->planned, triggered.value_or(accounts->planned)})
                    : Result<void>();
}

} // namespace sonde::store
