#include "store/outcomes.hpp"

#include "model/outcomes.hpp"

namespace sonde::store {

namespace {

Result<void> put_outcome(sqlite::Connection &db, std::int64_t agent, const model::EntryIdentity &identity,
                         const model::Outcome &outcome)
{
    return db.change(
        "INSERT INTO _outcome VALUES(NULL, ?,?,?,?,?, ?,?,?,?, ?,?,?, ?,?,?, ?,?,?,?, ?,?) "
        "ON CONFLICT (agent, run, action) DO UPDATE SET schedule = excluded.schedule, task = excluded.task, "
        "outcome = excluded.outcome, status = excluded.status, blame = excluded.blame, message = excluded.message, "
        "first_event = excluded.first_event, last_event = excluded.last_event, count = excluded.count, "
        "start = excluded.start, end = excluded.end, lateness = excluded.lateness, rows = excluded.rows, "
        "rows_dropped = excluded.rows_dropped, sent_bytes = excluded.sent_bytes, "
        "received_bytes = excluded.received_bytes, epoch = excluded.epoch, sequence = excluded.sequence "
        "WHERE excluded.epoch <> epoch OR excluded.sequence > sequence",
        agent, to_string(outcome.run), outcome.schedule, outcome.action, outcome.task, to_string(outcome.word),
        outcome.status, to_string(outcome.blame), outcome.message, outcome.first_event, outcome.last_event,
        outcome.count, outcome.start, outcome.end, outcome.rows, outcome.rows_dropped, outcome.sent_bytes,
        outcome.received_bytes, to_string(identity.epoch), identity.sequence, outcome.lateness);
}

void add_conditions(Where &where, const OutcomeQuery &query)
{
    if (query.schedule)
        where.add("schedule = ?", *query.schedule);
    if (query.word)
        where.add("outcome = ?", std::string(to_string(*query.word)));
    if (query.to)
        where.add("first_event < ?", *query.to);
    if (query.from && !query.after) // beside the place it would be what the index is searched by
        where.add("last_event >= ?", *query.from);
}

model::OutcomeWord word_of(std::string_view text)
{
    // What is stored was a word when it came in.
    return model::parse_outcome_word(text).value_or(model::OutcomeWord::failed);
}

} // namespace

Result<void> put_outcomes(sqlite::Connection &db, std::int64_t agent, const model::ReportedResult &result)
{
    const auto outcomes = model::outcomes_of(result);
    if (!outcomes)
        return outcomes.error();
    for (const auto &outcome : *outcomes)
        if (auto stored = put_outcome(db, agent, result.identity, outcome); !stored)
            return stored;
    return {};
}

Select select_outcomes(const OutcomeQuery &query)
{
    Where where;
    // One agent has an index in the order of the outcomes. Several have none in common: they are looked at row by row.
    if (!query.agents.empty())
        where.add_any(query.agents.size() == 1 ? "_outcome.agent = (SELECT id FROM _agent WHERE agent IN"
                                               : "+_outcome.agent IN (SELECT id FROM _agent WHERE agent IN",
                      query.agents, ")");
    add_conditions(where, query);
    if (query.after)
        where.add("(last_event, first_event, _outcome.id) > (?, ?, ?)", query.after->last_event,
                  query.after->first_event, query.after->id);
    return {"SELECT _outcome.id, _agent.agent, run, schedule, action, task, outcome, status, blame, "
            "message, first_event, last_event, count, start, end, lateness, rows, rows_dropped, "
            "sent_bytes, received_bytes FROM _outcome CROSS JOIN _agent ON _agent.id = _outcome.agent" +
                where.sql() + " ORDER BY last_event, first_event, _outcome.id LIMIT " + std::to_string(query.limit),
            std::move(where)};
}

Select select_sums(const OutcomeQuery &query, const std::optional<SumPlace> &after)
{
    Where where;
    if (!query.agents.empty())
        where.add_any("_agent.agent IN", query.agents);
    add_conditions(where, query);
    if (after) {
        // Apart, because an index serves this one and no disjunction.
        where.add("_agent.agent >= ?", to_string(after->agent));
        where.add("(_agent.agent > ? OR schedule > ?)", to_string(after->agent), after->schedule);
    }
    std::string words;
    for (const auto word : model::kOutcomeWords)
        words.append(", sum(count * (outcome = '").append(to_string(word)).append("'))");
    return {"SELECT _agent.agent, schedule, sum(count), sum(rows), sum(rows_dropped)" + words +
                " FROM _agent CROSS JOIN _outcome INDEXED BY _outcome_schedule ON _outcome.agent = _agent.id" +
                where.sql() + " GROUP BY _agent.agent, schedule ORDER BY _agent.agent, schedule LIMIT " +
                std::to_string(query.limit),
            std::move(where)};
}

Result<std::vector<StoredOutcome>> read_outcomes(sqlite::Connection &db, const OutcomeQuery &query, std::size_t bytes)
{
    const Select select = select_outcomes(query);
    auto rows = db.query_values(select.sql, select.where.values());
    std::vector<StoredOutcome> all;
    std::size_t size = 0;
    while (size < bytes && rows.next()) {
        auto &[id, agent, outcome] = all.emplace_back();
        id = rows.integer(0);
        agent = rows.uuid(1);
        outcome.run = rows.uuid(2);
        outcome.schedule = rows.text(3);
        outcome.action = rows.text(4);
        outcome.task = rows.text(5);
        outcome.word = word_of(rows.text(6));
        outcome.status = static_cast<std::int32_t>(rows.integer(7));
        outcome.blame = model::parse_blame(rows.text(8)).value_or(model::Blame::unknown);
        outcome.message = rows.text(9);
        outcome.first_event = rows.time(10);
        outcome.last_event = rows.time(11);
        outcome.count = static_cast<std::uint64_t>(rows.integer(12));
        outcome.start = rows.optional_time(13);
        outcome.end = rows.optional_time(14);
        outcome.lateness = rows.optional_duration(15);
        outcome.rows = static_cast<std::uint64_t>(rows.integer(16));
        outcome.rows_dropped = static_cast<std::uint64_t>(rows.integer(17));
        outcome.sent_bytes = static_cast<std::uint64_t>(rows.integer(18));
        outcome.received_bytes = static_cast<std::uint64_t>(rows.integer(19));
        size += sizeof(StoredOutcome) + outcome.message.size();
    }
    if (auto end = rows.end(); !end)
        return end.error();
    return all;
}

Result<std::vector<OutcomeSum>> sum_outcomes(sqlite::Connection &db, const OutcomeQuery &query,
                                             const std::optional<SumPlace> &after)
{
    const Select select = select_sums(query, after);
    auto rows = db.query_values(select.sql, select.where.values());
    std::vector<OutcomeSum> sums;
    while (rows.next()) {
        OutcomeSum &sum = sums.emplace_back();
        sum.agent = rows.uuid(0);
        sum.schedule = rows.text(1);
        sum.planned = static_cast<std::uint64_t>(rows.integer(2));
        sum.rows = static_cast<std::uint64_t>(rows.integer(3));
        sum.rows_dropped = static_cast<std::uint64_t>(rows.integer(4));
        int column = 5;
        for (const auto word : model::kOutcomeWords)
            if (const auto count = static_cast<std::uint64_t>(rows.integer(column++)); count > 0)
                sum.by_word[word] = count;
    }
    if (auto end = rows.end(); !end)
        return end.error();
    return sums;
}

} // namespace sonde::store
