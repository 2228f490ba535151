#include "store_support.hpp"

#include "model/outcomes.hpp"

using namespace sonde;
using namespace sonde::test;

using Rows = std::vector<std::vector<std::string>>;

TEST_CASE("a method's first table is a view that plain SQL reads, durations in microseconds [D3]")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto agent = random_uuid();
    const auto result = result_of(1, {packet_table(1)});
    put(repository, agent, {result});
    CHECK(sql(dir / "c.db", "SELECT target, rtt_us FROM ping", 2) == Rows{{"192.0.2.1", "4.1"}});
    CHECK(sql(dir / "c.db",
              "SELECT seq, sent, received_ns, loss, cold, payload, outcome, typeof(seq), typeof(loss) FROM ping",
              9) == Rows{{"0", "2026-11-24T04:05:00.000000001Z", "9007199254740993", "0.5", "1", "AQI=", "reply",
                          "integer", "real"}});
    CHECK(sql(dir / "c.db", "SELECT agent, run, schedule, action, task, result_start, result_status FROM ping", 7) ==
          Rows{{to_string(agent), to_string(result.run), "hourly", "a", "home-ping", "2026-09-21T14:13:21.000000000Z",
                "2"}});
    CHECK(sql(dir / "c.db", "SELECT method, sequence, tags FROM results", 3) ==
          Rows{{"ping", "1", "[\"tag \\\"one\\\"\"]"}});
    CHECK(sql(dir / "c.db", "SELECT agent, results FROM agents", 2) == Rows{{to_string(agent), "1"}});
}

TEST_CASE("further tables have views of their own, and an empty table has one too")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const model::Table summary{"summary", {}, {{"loss", "double", "", {}}}, {{"0.25"}}};
    put(repository, random_uuid(), {result_of(1, {packet_table(0), summary}, "http-download")});
    CHECK(sql(dir / "c.db", "SELECT loss FROM http_download_summary", 1) == Rows{{"0.25"}});
    CHECK(sql(dir / "c.db", "SELECT rtt_us FROM http_download", 1).empty());
}

TEST_CASE("each row of a run of several parts has the run's status, null until it is known")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto agent = random_uuid();
    // Two runs: one that crashed, and one that its agent's end cut off.
    std::vector<model::ReportedResult> parts;
    for (std::uint64_t i = 1; i <= 4; ++i) {
        auto &part = parts.emplace_back(result_of(i, {packet_table(2)}));
        part.part = static_cast<std::uint32_t>((i - 1) % 2);
        part.last = i == 2;
        part.status = part.last ? -11 : 0;
        part.run = part.part == 0 ? part.run : parts[i - 2].run;
    }
    put(repository, agent, parts);
    const auto statuses = [&](std::uint64_t run) {
        std::string all;
        const std::string of = to_string(parts[run].run);
        for (const auto &row : sql(dir / "c.db", "SELECT result_status FROM ping WHERE run = '" + of + "'", 1))
            all += row[0] + " ";
        ResultQuery query;
        query.run = parts[run].run;
        std::string listed;
        for (const ReadRow &row : read_all(repository, query))
            listed += (row.run_status ? std::to_string(*row.run_status) : "-") + " ";
        CHECK(listed == all);
        return all;
    };
    CHECK(statuses(0) == "- - -11 -11 ");
    CHECK(statuses(2) == "- - - - ");

    std::vector<model::Outcome> outcomes(2);
    for (std::size_t i = 0; i < 2; ++i) {
        outcomes[i].run = parts[2 * i].run;
        outcomes[i].schedule = "hourly";
        outcomes[i].action = "a";
        outcomes[i].first_event = outcomes[i].last_event = at(1);
        outcomes[i].word = i == 0 ? model::OutcomeWord::failed : model::OutcomeWord::interrupted;
        outcomes[i].status = i == 0 ? -11 : 0;
    }
    put(repository, agent, {model::outcomes_result(outcomes, {kEpoch, 5}, random_uuid(), at(2))});
    CHECK(statuses(0) == "-11 -11 -11 -11 ");
    CHECK(statuses(2) == "- - - - ");
    outcomes[1].word = model::OutcomeWord::completed;
    put(repository, agent, {model::outcomes_result({&outcomes[1], 1}, {kEpoch, 6}, random_uuid(), at(2))});
    CHECK(statuses(2) == "0 0 0 0 ");
    CHECK(sql(dir / "c.db", "SELECT status FROM results WHERE method = 'ping' ORDER BY sequence", 1) ==
          Rows{{"-"}, {"-11"}, {"-"}, {"-"}});
}

TEST_CASE("what overlapped a run is kept, each row of the run has it, and it is null until it is known [A9]")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const std::vector<model::Conflict> overlapping{{"hourly", "get", "a \"download\""}, {"watch", "", "probe"}};
    // A run of two parts, its last one yet to come, and one of one part that nothing overlapped.
    auto first = result_of(1, {packet_table(2)}), second = result_of(2, {packet_table(1)}),
         alone = result_of(3, {packet_table(1)});
    first.last = false;
    second.run = first.run;
    second.part = 1;
    second.conflicts = overlapping;
    using Conflicts = std::optional<std::vector<model::Conflict>>;
    const auto listed = [&](const Uuid &run) {
        ResultQuery query;
        query.run = run;
        std::vector<Conflicts> all;
        for (const ReadRow &row : read_all(repository, query))
            all.push_back(row.run_conflicts);
        return all;
    };
    const auto agent = random_uuid();
    put(repository, agent, {first, alone});
    CHECK(listed(first.run) == std::vector<Conflicts>{{}, {}});
    CHECK(listed(alone.run) == std::vector<Conflicts>{{std::vector<model::Conflict>()}});
    put(repository, agent, {second});
    CHECK(listed(first.run) == std::vector<Conflicts>(3, overlapping));
    CHECK(sql(dir / "c.db", "SELECT conflict, json_extract(conflict, '$[0].task') FROM results ORDER BY sequence", 2) ==
          Rows{{"-", "-"},
               {R"([{"schedule":"hourly","action":"get","task":"a \"download\""},)"
                R"({"schedule":"watch","action":"","task":"probe"}])",
                R"(a "download")"},
               {"[]", "-"}});
}

TEST_CASE("views that an earlier version made are made anew")
{
    const TempDir dir;
    {
        auto repository = open_repository(dir / "c.db");
        put(repository, random_uuid(), {result_of(1, {packet_table(1)})});
    }
    {
        auto connection = sqlite::Connection::open(dir / "c.db", sqlite::Connection::Mode::create, 1s);
        connection.value().script("DROP VIEW ping; CREATE VIEW ping AS SELECT 1 AS old").value();
    }
    const auto repository = open_repository(dir / "c.db");
    CHECK(sql(dir / "c.db", "SELECT seq, result_status FROM ping", 2) == Rows{{"0", "2"}});
}

TEST_CASE("a newer plugin's columns join the view, null where a row is older")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const model::Table older{"t", {}, {{"a", "int", "", {}}, {"b", "duration", "ns", {}}}, {{"1", "2000"}}};
    const model::Table newer{
        "t", {}, {{"c", "string", "", {}}, {"b", "duration", "ns", {}}, {"a", "int", "", {}}}, {{"x", "3000", "4"}}};
    put(repository, random_uuid(), {result_of(1, {older})});
    put(repository, random_uuid(), {result_of(2, {newer})});
    CHECK(sql(dir / "c.db", "SELECT a, b_us, c FROM ping ORDER BY a", 3) == Rows{{"1", "2.0", "-"}, {"4", "3.0", "x"}});
    CHECK(sql(dir / "c.db", "SELECT count(*) FROM _view WHERE method = 'ping'", 1) == Rows{{"1"}});
    CHECK(read_all(repository).size() == 2);
}

TEST_CASE("a table's own column named like one of ours keeps the name, ours gets an underscore")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const model::Table table{"t", {}, {{"agent", "int", "", {}}, {"select", "int", "", {}}}, {{"5", "6"}}};
    const auto agent = random_uuid();
    put(repository, agent, {result_of(1, {table}, "select")});
    CHECK(sql(dir / "c.db", "SELECT agent, _agent, \"select\" FROM \"select\"", 3) ==
          Rows{{"5", to_string(agent), "6"}});
}

TEST_CASE("methods whose views would have the same name get two views")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto table = [](const std::string &name, const std::string &value) {
        return model::Table{name, {}, {{"x", "int", "", {}}}, {{value}}};
    };
    put(repository, random_uuid(),
        {result_of(1, {table("first", "1"), table("summary", "2")}, "ping"),
         result_of(2, {table("first", "3")}, "ping-summary"), result_of(3, {table("first", "4")}, "agents"),
         result_of(4, {table("first", "5")}, "sqlite-master"), result_of(5, {table("first", "6")}, "results")});
    CHECK(sql(dir / "c.db", "SELECT x FROM ping", 1) == Rows{{"1"}});
    CHECK(sql(dir / "c.db", "SELECT x FROM ping_summary", 1) == Rows{{"2"}});
    CHECK(sql(dir / "c.db", "SELECT x FROM ping_summary_2", 1) == Rows{{"3"}});
    CHECK(sql(dir / "c.db", "SELECT x FROM agents_2", 1) == Rows{{"4"}});
    CHECK(sql(dir / "c.db", "SELECT x FROM m_sqlite_master", 1) == Rows{{"5"}});
    CHECK(sql(dir / "c.db", "SELECT x FROM results_2", 1) == Rows{{"6"}});
    CHECK(sql(dir / "c.db", "SELECT name FROM _view WHERE table_name = 'summary'", 1) == Rows{{"ping_summary"}});
}

TEST_CASE("an agent that invents tables without end fills no more views than there may be, and its results are kept")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    const auto agent = random_uuid();
    std::vector<model::ReportedResult> results;
    for (std::uint64_t i = 1; i <= 300; ++i)
        results.push_back(
            result_of(i, {{"t", {}, {{"x" + std::to_string(i), "int", "", {}}}, {{std::to_string(i)}}}}, "grows"));
    put(repository, agent, results);
    CHECK(sql(dir / "c.db", "SELECT count(*), sum(x1), sum(x50) FROM grows", 3) == Rows{{"50", "1", "50"}});
    CHECK(read_all(repository).size() == 300);
    results.clear();
    for (std::uint64_t i = 1; i <= 400; ++i)
        results.push_back(
            result_of(1000 + i, {{"t", {}, {{"x", "int", "", {}}}, {{"1"}}}}, "method" + std::to_string(i)));
    put(repository, agent, results);
    CHECK(sql(dir / "c.db", "SELECT count(*) FROM _view", 1) == Rows{{"300"}});
    CHECK(read_all(repository).size() == 700);
}

TEST_CASE("a view's rows are found through their parts, not by reading all rows for each")
{
    const TempDir dir;
    auto repository = open_repository(dir / "c.db");
    put(repository, random_uuid(), {result_of(1, {packet_table(1)})});
    const auto plan = sql(dir / "c.db", "EXPLAIN QUERY PLAN SELECT * FROM ping WHERE agent = 'x'", 4);
    bool by_range = false;
    for (const auto &step : plan) {
        CHECK(step[3].find("SCAN _row") == std::string::npos);
        by_range = by_range || step[3].find("SEARCH _row USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)") == 0;
    }
    CHECK(by_range);
}
