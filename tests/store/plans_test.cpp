#include "store/outcomes.hpp"
#include "store/queries.hpp"
#include "store_support.hpp"

using namespace sonde;
using namespace sonde::test;

namespace {

// How SQLite means to get at the rows: a line each loop.
std::string plan_of(const std::filesystem::path &file, const Select &select)
{
    auto connection = sqlite::Connection::open(file, sqlite::Connection::Mode::read_only, 1s);
    auto rows = connection.value().query_values("EXPLAIN QUERY PLAN " + select.sql, select.where.values());
    std::string plan;
    while (rows.next())
        plan += rows.string(3) + '\n';
    rows.end().value();
    return plan;
}

bool has(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

// Every combination of the filters that an operator has: bit N is the Nth of `filters`.
template <class Query>
std::vector<Query> combinations(const std::vector<std::function<void(Query &)>> &filters)
{
    std::vector<Query> all;
    for (unsigned bits = 0; bits < 1u << filters.size(); ++bits) {
        Query &query = all.emplace_back();
        for (std::size_t i = 0; i < filters.size(); ++i)
            if ((bits >> i & 1) != 0)
                filters[i](query);
    }
    return all;
}

} // namespace

TEST_CASE("no page of results is sorted, and each begins where the one before ended, whatever the filter")
{
    const TempDir dir;
    open_repository(dir / "c.db");
    const Uuid agent = random_uuid();
    const auto queries = combinations<ResultQuery>({
        [&](ResultQuery &query) { query.agents.push_back(agent); },
        [&](ResultQuery &query) {
            query.agents.insert(query.agents.end(), {random_uuid(), random_uuid()});
        },
        [](ResultQuery &query) { query.method = "ping"; },
        [](ResultQuery &query) { query.task = "t"; },
        [](ResultQuery &query) { query.table = ""; },
        [](ResultQuery &query) { query.table = "summary"; },
        [](ResultQuery &query) { query.run = random_uuid(); },
        [](ResultQuery &query) { query.from = at(0); },
        [](ResultQuery &query) { query.to = at(9); },
    });
    for (ResultQuery query : queries) {
        const std::string first = plan_of(dir / "c.db", select_parts(query));
        query.after = ResultPlace{at(5), 7, 70};
        const std::string next = plan_of(dir / "c.db", select_parts(query));
        INFO(select_parts(query).sql << '\n' << first << next);
        CHECK_FALSE(has(first + next, "TEMP B-TREE"));
        CHECK_FALSE(has(next, "SCAN"));
        // By what is likely to be rarest, and from the place on.
        const std::string index = query.run                  ? "_result_run (run=? AND start>?"
                                  : query.agents.size() == 1 ? "_result_agent_start (agent=? AND start>?"
                                  : query.method             ? "_result_method_start (method=? AND start>?"
                                                             : "_result_start (start>?";
        CHECK(has(next, index));
    }
}

TEST_CASE("no page of outcomes or of their sums is sorted, whatever the filter")
{
    const TempDir dir;
    open_repository(dir / "c.db");
    const Uuid agent = random_uuid();
    const auto queries = combinations<OutcomeQuery>({
        [&](OutcomeQuery &query) { query.agents.push_back(agent); },
        [&](OutcomeQuery &query) {
            query.agents.insert(query.agents.end(), {random_uuid(), random_uuid()});
        },
        [](OutcomeQuery &query) { query.schedule = "s"; },
        [](OutcomeQuery &query) { query.word = model::OutcomeWord::failed; },
        [](OutcomeQuery &query) { query.from = at(0); },
        [](OutcomeQuery &query) { query.to = at(9); },
    });
    for (OutcomeQuery query : queries) {
        const std::string sums = plan_of(dir / "c.db", select_sums(query, {}));
        const std::string next_sums = plan_of(dir / "c.db", select_sums(query, SumPlace{agent, "s"}));
        const std::string first = plan_of(dir / "c.db", select_outcomes(query));
        query.after = OutcomePlace{at(5), at(4), 7};
        const std::string next = plan_of(dir / "c.db", select_outcomes(query));
        INFO(select_outcomes(query).sql << '\n' << first << next << sums << next_sums);
        CHECK_FALSE(has(first + next + sums + next_sums, "TEMP B-TREE"));
        CHECK_FALSE(has(next + next_sums, "SCAN"));
        CHECK(has(next, query.agents.size() == 1 ? "_outcome_agent_event (agent=? AND (last_event,first_event)>(?,?))"
                                                 : "_outcome_event ((last_event,first_event)>(?,?))"));
    }
}
