#include "store_support.hpp"

#include "store/schema.hpp"

#include <atomic>
#include <cstdlib>
#include <set>
#include <thread>

using namespace sonde;
using namespace sonde::test;

TEST_CASE("a result comes back as it was stored, cell by cell [D3]")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto agent = random_uuid();
    auto table = packet_table(2);
    table.rows.push_back(std::vector<model::Cell>(table.columns.size())); // nulls
    table.rows.push_back({"2001:db8::1", "-9223372036854775808", "-1", "2026-11-24T04:05:00.999999999Z", "0", "1e+20",
                          "true", "", "a \"b\" \\ \t\xc3\xa4"});
    auto result = result_of(7, {table});
    result.conflicts = {{"often", "ping", "home-ping"}};
    CHECK(put(repository, agent, {result}) == Stored{1, 0});
    const auto rows = read_all(repository);
    REQUIRE(rows.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(rows[i].agent == agent);
        CHECK(rows[i].table == "packet");
        CHECK(rows[i].columns == table.columns);
        CHECK(rows[i].cells == table.rows[i]);
    }
    result.tables.clear();
    CHECK(rows[0].result == result);
}

TEST_CASE("doubles in a form that JSON has not come back equal")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    model::Table table{"t", {}, {{"x", "double", "", {}}}, {}};
    for (const char *text : {".5", "5.", "005", "1E5", "-0", "0.1", "1.7976931348623157e+308", "5e-324"})
        table.rows.push_back({text});
    put(repository, random_uuid(), {result_of(1, {table})});
    const auto rows = read_all(repository);
    REQUIRE(rows.size() == table.rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
        CHECK(std::strtod(rows[i].cells[0]->c_str(), nullptr) == std::strtod(table.rows[i][0]->c_str(), nullptr));
    CHECK(sql(dir / "c.db", "SELECT typeof(x), x FROM ping", 2).at(2) == std::vector<std::string>{"real", "5.0"});
}

TEST_CASE("a result that arrives twice is stored once, and another agent's of the same number is another [D2]")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto agent = random_uuid();
    const auto result = result_of(1, {packet_table(3)});
    CHECK(put(repository, agent, {result, result}) == Stored{1, 1});
    CHECK(put(repository, agent, {result, result_of(2, {packet_table(1)})}) == Stored{1, 1});
    CHECK(put(repository, random_uuid(), {result}) == Stored{1, 0});
    CHECK(read_all(repository).size() == 3 + 1 + 3);
    auto again = open_repository(dir / "c.db");
    CHECK(put(again, agent, {result}) == Stored{0, 1});
    auto other_epoch = result;
    other_epoch.identity.epoch = random_uuid();
    CHECK(put(again, agent, {other_epoch}) == Stored{1, 0});
    const auto agents = await(again.agents());
    REQUIRE(agents->size() == 2);
    CHECK((*agents)[0].results + (*agents)[1].results == 4);
    CHECK((*agents)[0].group == "group-1");
    CHECK((*agents)[0].first_seen == at(1000));
}

TEST_CASE("a report is stored whole or not at all")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    auto bad = packet_table(1);
    bad.rows[0][1] = "one";
    const auto refused = await(
        repository.store(random_uuid(), report_of({result_of(1, {packet_table(3)}), result_of(2, {bad})}), at(0)));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what == "'one' is no int");
    CHECK(read_all(repository).empty());
    CHECK(await(repository.agents())->empty());
}

TEST_CASE("results are filtered by agent, task, method, table, run and time [D5]")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto one = random_uuid();
    const auto two = random_uuid();
    model::Table summary{"summary", {}, {{"loss", "double", "", {}}}, {{"0.25"}}};
    auto first = result_of(10, {packet_table(3), summary});
    put(repository, one, {first, result_of(20, {summary}, "dns")});
    auto other = result_of(30, {packet_table(2)});
    other.task = "other";
    put(repository, two, {other});

    ResultQuery query;
    CHECK(read_all(repository).size() == 7);
    query.agents = {one};
    CHECK(read_all(repository, query).size() == 5);
    query.agents = {one, two, random_uuid()};
    CHECK(read_all(repository, query).size() == 7);
    query = {};
    query.task = "other";
    CHECK(read_all(repository, query).size() == 2);
    query = {};
    query.method = "ping";
    CHECK(read_all(repository, query).size() == 6);
    query.table = "summary";
    CHECK(read_all(repository, query).size() == 1);
    query.table = "";
    CHECK(read_all(repository, query).size() == 5);
    query.table = "nothing";
    CHECK(read_all(repository, query).empty());
    query = {};
    query.run = first.run;
    CHECK(read_all(repository, query).size() == 4);
    query = {};
    query.from = at(20);
    query.to = at(30);
    const auto between = read_all(repository, query);
    REQUIRE(between.size() == 1);
    CHECK(between[0].result.method == "dns");
    query = {};
    query.method = "'; DROP TABLE _row; --";
    CHECK(read_all(repository, query).empty());
    CHECK(read_all(repository).size() == 7);
}

TEST_CASE("pages of any size give each row once, in order, also when rows arrive in between")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto agent = random_uuid();
    for (std::uint64_t i = 1; i <= 5; ++i)
        put(repository, agent, {result_of(i, {packet_table(i)})});
    for (const std::size_t limit : {1, 2, 3, 4, 7, 14, 15, 16}) {
        ResultQuery query;
        query.limit = limit;
        const auto rows = read_all(repository, query);
        REQUIRE(rows.size() == 15);
        std::size_t index = 0;
        for (std::uint64_t sequence = 1; sequence <= 5; ++sequence)
            for (std::uint64_t i = 0; i < sequence; ++i, ++index) {
                CHECK(rows[index].result.identity.sequence == sequence);
                CHECK(rows[index].cells[1] == std::to_string(i));
            }
    }
    ResultQuery query;
    query.limit = 10;
    auto page = await(repository.results(query, [](const ResultRow &) { return true; }));
    CHECK(page->rows == 10);
    put(repository, agent, {result_of(6, {packet_table(6)})});
    query.after = page->next;
    page = await(repository.results(query, [](const ResultRow &) { return true; }));
    CHECK(page->rows == 10);
    query.after = page->next;
    page = await(repository.results(query, [](const ResultRow &) { return true; }));
    CHECK(page->rows == 1);
    CHECK_FALSE(page->next);
}

TEST_CASE("pages of any size are in the order of the results' start, also of those that arrive late and by filter")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const Uuid one = random_uuid(), two = random_uuid();
    model::Table summary{"summary", {}, {{"loss", "double", "", {}}}, {{"0.25"}, {"0.5"}}};
    for (const std::uint64_t sequence : {5, 3, 9, 1, 7})
        put(repository, sequence == 9 ? two : one, {result_of(sequence, {packet_table(3), summary})});
    auto tied = result_of(10, {packet_table(2)});
    tied.start = at(3);
    put(repository, two, {tied});
    for (const std::size_t limit : {1, 2, 3, 4, 5, 6, 50}) {
        INFO(limit);
        ResultQuery query;
        query.limit = limit;
        const auto order = [&] {
            std::vector<std::string> all;
            for (const auto &row : read_all(repository, query))
                all.push_back(std::to_string(row.result.identity.sequence) + row.table[0]);
            return all;
        };
        const auto all = order();
        CHECK(all.size() == 27);
        const std::vector<std::string> begin{"1p", "1p", "1p", "1s", "1s", "3p", "3p", "3p", "3s", "3s", "10p", "10p"};
        CHECK(std::vector(all.begin(), all.begin() + 12) == begin);
        CHECK(all[12] == "5p");
        CHECK(all.back() == "9s");
        query.table = "summary";
        query.agents = {one};
        query.from = at(3);
        CHECK(order() == std::vector<std::string>{"3s", "3s", "5s", "5s", "7s", "7s"});
        query.to = at(7);
        query.agents = {one, two};
        query.table = "packet";
        CHECK(order() == std::vector<std::string>{"3p", "3p", "3p", "10p", "10p", "5p", "5p", "5p"});
    }
}

TEST_CASE("a sink that has enough ends the page, and the next one goes on behind it")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    put(repository, random_uuid(), {result_of(1, {packet_table(5)})});
    int seen = 0;
    auto page = await(repository.results({}, [&](const ResultRow &) { return ++seen < 2; }));
    CHECK(page->rows == 2);
    CHECK(page->next);
    ResultQuery rest;
    rest.after = page->next;
    CHECK(read_all(repository, rest).size() == 3);
}

TEST_CASE("readers beside a writer see whole reports")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    std::atomic<bool> stop = false;
    std::atomic<int> torn = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i)
        readers.emplace_back([&] {
            while (!stop) {
                std::size_t rows = 0;
                ResultQuery query;
                query.limit = 100'000;
                const auto page = await(repository.results(query, [&](const ResultRow &) {
                    ++rows;
                    return true;
                }));
                torn += !page || rows % 40 != 0;
            }
        });
    const auto agent = random_uuid();
    for (std::uint64_t i = 0; i < 20; ++i)
        put(repository, agent, {result_of(i * 2, {packet_table(20)}), result_of(i * 2 + 1, {packet_table(20)})});
    stop = true;
    for (auto &reader : readers)
        reader.join();
    CHECK(torn == 0);
    CHECK(read_all(repository).size() == 800);
}

TEST_CASE("what a report says of its agent's clock is kept with its results, and the last one with the agent")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto agent = random_uuid();
    const auto take = [&](int number, std::optional<model::ClockState> clock) {
        auto report = report_of({result_of(number, {packet_table(1)})});
        report.clock = clock;
        REQUIRE(await(repository.store(agent, std::move(report), at(1000))));
        return await(repository.agents())->front().clock;
    };
    using Clock = std::optional<model::ClockState>;
    CHECK(take(1, Clock({true, 230})) == Clock({true, 230}));
    CHECK(take(2, Clock({false, std::nullopt})) == Clock({false, std::nullopt}));
    CHECK(take(3, std::nullopt) == std::nullopt);
    CHECK(sql(dir / "c.db", "SELECT clock_synchronised, clock_error_us FROM results ORDER BY start", 2) ==
          std::vector<std::vector<std::string>>{{"1", "230"}, {"0", "-"}, {"-", "-"}});
    CHECK(sql(dir / "c.db", "SELECT clock_synchronised, clock_error_us FROM agents", 2) ==
          std::vector<std::vector<std::string>>{{"-", "-"}});
}

TEST_CASE("a repository of before it had the plugins' versions is opened with all its results")
{
    const TempDir dir;
    const Uuid agent = random_uuid();
    {
        auto steps = store::repository_migrations();
        steps.resize(3);
        auto old = sqlite::Database::open(dir / "c.db", steps);
        const std::string id = "'" + to_string(agent) + "'";
        for (const std::string &statement :
             {"INSERT INTO _agent VALUES(1, " + id + ", '', 1, 1, 1)",
              "INSERT INTO _result VALUES(1, 1, " + id + ", 1, " + id +
                  ", 0, 1, 'ping', '1.0', '3f9a', '', '', 'home', '[]', '[]', NULL, 5, NULL, NULL, 0, '', NULL, NULL, "
                  "6)",
              std::string("INSERT INTO _layout VALUES(1, 'ping', 't', 0, "
                          "'[{\"name\":\"x\",\"type\":\"int\",\"unit\":\"\",\"words\":[]}]', 1)"),
              std::string("INSERT INTO _row VALUES(1, '[7]')"), std::string("INSERT INTO _part VALUES(1, 1, 1, 1)")})
            await(old.value().write([statement](sqlite::Connection &db) { return db.run(statement); })).value();
    }
    auto repository = open_repository(dir / "c.db");
    put(repository, agent, {result_of(2, {packet_table(1)})});
    const auto rows = read_all(repository);
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].cells == std::vector<model::Cell>{"7"});
    CHECK(rows[0].result.plugin_version == "");
    CHECK(rows[1].result.plugin_version == "1.2.3");
    CHECK_FALSE(rows[0].run_conflicts);
    CHECK(rows[1].run_conflicts == std::vector<model::Conflict>());
    CHECK_FALSE(await(repository.agents())->front().clock);
    CHECK(sql(dir / "c.db", "SELECT plugin_hash, plugin_version FROM results ORDER BY start", 2) ==
          std::vector<std::vector<std::string>>{{"3f9a", ""}, {"3f9a", "1.2.3"}});
}
