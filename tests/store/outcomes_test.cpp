#include "model/outcomes.hpp"
#include "store_support.hpp"

using namespace sonde;
using namespace sonde::test;

namespace {

model::Outcome outcome_of(const std::string &schedule, std::int64_t second, model::OutcomeWord word,
                          std::uint64_t count = 1)
{
    model::Outcome outcome;
    outcome.run = random_uuid();
    outcome.schedule = schedule;
    outcome.action = "a";
    outcome.task = "t";
    outcome.word = word;
    outcome.status = word == model::OutcomeWord::completed ? 0 : 101;
    outcome.blame = model::Blame::path;
    outcome.message = "why";
    outcome.first_event = at(second);
    outcome.last_event = at(second + static_cast<std::int64_t>(count) - 1);
    outcome.count = count;
    outcome.start = at(second + 1);
    outcome.lateness = 1500us;
    outcome.rows = 10;
    return outcome;
}

model::ReportedResult entry_of(std::uint64_t sequence, const std::vector<model::Outcome> &outcomes)
{
    return model::outcomes_result(outcomes, {kEpoch, sequence}, random_uuid(), at(0));
}

} // namespace

TEST_CASE("outcomes come back as they were sent, and are rows of a method as well [A13]")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto agent = random_uuid();
    const auto one = outcome_of("s", 10, model::OutcomeWord::failed);
    auto two = outcome_of("s", 20, model::OutcomeWord::missed, 5);
    two.start.reset();
    two.lateness.reset();
    put(repository, agent, {entry_of(1, {one, two})});
    const auto outcomes = await(repository.outcomes({}));
    REQUIRE(outcomes);
    REQUIRE(outcomes->size() == 2);
    CHECK((*outcomes)[0].agent == agent);
    CHECK((*outcomes)[0].outcome == one);
    CHECK((*outcomes)[1].outcome == two);
    CHECK(read_all(repository).size() == 2);
    const auto rows =
        sql(dir / "c.db", "SELECT outcome, count, lateness_us, first_event FROM outcomes ORDER BY count", 4);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0][2] == "1500.0");
    CHECK(rows[1] == std::vector<std::string>{"missed", "5", "-", "2026-09-21T14:13:40.000000000Z"});
}

TEST_CASE("a correction of an outcome counts, whichever arrives last")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto agent = random_uuid();
    const auto before = outcome_of("s", 10, model::OutcomeWord::completed);
    auto after = before;
    after.rows_dropped = 4;
    put(repository, agent, {entry_of(1, {before})});
    put(repository, agent, {entry_of(5, {after})});
    CHECK(await(repository.outcomes({}))->at(0).outcome == after);
    put(repository, agent, {entry_of(3, {before})}); // an older one that was delayed
    const auto outcomes = await(repository.outcomes({}));
    REQUIRE(outcomes->size() == 1);
    CHECK(outcomes->at(0).outcome == after);
    // Another agent cannot correct it.
    put(repository, random_uuid(), {entry_of(9, {before})});
    CHECK(await(repository.outcomes({}))->size() == 2);
}

TEST_CASE("outcomes are filtered and summed by agent, schedule, word and time")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto one = random_uuid();
    const auto two = random_uuid();
    put(repository, one,
        {entry_of(1,
                  {outcome_of("s", 10, model::OutcomeWord::completed), outcome_of("s", 20, model::OutcomeWord::failed),
                   outcome_of("s", 30, model::OutcomeWord::missed, 40),
                   outcome_of("u", 40, model::OutcomeWord::completed)})});
    put(repository, two, {entry_of(1, {outcome_of("s", 10, model::OutcomeWord::completed)})});

    OutcomeQuery query;
    query.agents = {one};
    CHECK(await(repository.outcomes(query))->size() == 4);
    query.schedule = "s";
    CHECK(await(repository.outcomes(query))->size() == 3);
    query.word = model::OutcomeWord::failed;
    CHECK(await(repository.outcomes(query))->size() == 1);
    query = {};
    query.from = at(60); // the range of missed ones reaches to 69
    CHECK(await(repository.outcomes(query))->size() == 1);
    query.from = at(70);
    CHECK(await(repository.outcomes(query))->empty());
    query = {};
    query.to = at(20);
    CHECK(await(repository.outcomes(query))->size() == 2);

    query = {};
    query.limit = 2;
    std::size_t paged = 0;
    for (auto page = await(repository.outcomes(query)); !page->empty(); page = await(repository.outcomes(query))) {
        paged += page->size();
        query.after = page->back().place();
    }
    CHECK(paged == 5);

    query = {};
    query.agents = {one};
    const auto sums = await(repository.outcome_sums(query));
    REQUIRE(sums);
    REQUIRE(sums->size() == 2);
    CHECK(sums->at(0).schedule == "s");
    CHECK(sums->at(0).planned == 42);
    CHECK(sums->at(0).by_word.at(model::OutcomeWord::completed) == 1);
    CHECK(sums->at(0).by_word.at(model::OutcomeWord::failed) == 1);
    CHECK(sums->at(0).by_word.at(model::OutcomeWord::missed) == 40);
    CHECK(sums->at(0).rows == 30);
    CHECK(sums->at(1).planned == 1);
    const auto all = await(repository.outcome_sums({}));
    REQUIRE(all->size() == 3);
    query = {};
    query.limit = 1;
    std::vector<std::pair<Uuid, std::string>> places;
    for (auto page = await(repository.outcome_sums(query)); !page->empty();
         page = await(repository.outcome_sums(query, SumPlace{places.back().first, places.back().second}))) {
        CHECK(page->front().planned == all->at(places.size()).planned);
        places.emplace_back(page->front().agent, page->front().schedule);
    }
    CHECK(places.size() == 3);
    query.limit = 1000;
    CHECK(await(repository.outcomes(query, 1))->size() == 1);
}
