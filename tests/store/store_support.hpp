#pragma once

#include "store/repository.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

// Its functions are used inside assertions, which Catch cannot nest: they throw what is wrong.
namespace sonde::test {

using namespace sonde::store;
using namespace std::chrono_literals;

inline WallTime at(std::int64_t seconds)
{
    return WallTime(std::chrono::seconds(1'790'000'000 + seconds));
}

inline Repository open_repository(const std::filesystem::path &file)
{
    auto repository = Repository::open(file);
    return std::move(repository.value());
}

inline const Uuid kEpoch = random_uuid();

inline model::Table packet_table(std::size_t rows)
{
    model::Table table{"packet",
                       {},
                       {{"target", "address", "", {}},
                        {"seq", "int", "", {}},
                        {"rtt", "duration", "ns", {}},
                        {"sent", "timestamp", "", {}},
                        {"received", "timestamp", "ns", {}},
                        {"loss", "double", "", {}},
                        {"cold", "bool", "", {}},
                        {"payload", "bytes", "", {}},
                        {"outcome", "string", "", {"reply", "lost"}}},
                       {}};
    for (std::size_t i = 0; i < rows; ++i)
        table.rows.push_back({"192.0.2.1", std::to_string(i), "4100", "2026-11-24T04:05:00.000000001Z",
                              "9007199254740993", "0.5", i == 0 ? "true" : "false", "AQI=", "reply"});
    return table;
}

inline model::ReportedResult result_of(std::uint64_t sequence, std::vector<model::Table> tables,
                                       const std::string &method = "ping")
{
    model::ReportedResult result;
    result.identity = {kEpoch, sequence};
    result.run = random_uuid();
    result.method = method;
    result.method_version = "1.0.0";
    result.plugin_hash = "3f9a";
    result.plugin_version = "1.2.3";
    result.schedule = "hourly";
    result.action = "a";
    result.task = "home-ping";
    result.options = {{"1", "target", "192.0.2.1"}, {"2", "verbose", std::nullopt}};
    result.tags = {"tag \"one\""};
    result.event = at(static_cast<std::int64_t>(sequence) - 1);
    result.start = at(static_cast<std::int64_t>(sequence));
    result.end = at(static_cast<std::int64_t>(sequence) + 1);
    result.cycle_number = "20261124.040500";
    result.status = 2;
    result.message = "no reply";
    result.tables = std::move(tables);
    return result;
}

inline model::Report report_of(std::vector<model::ReportedResult> results)
{
    return {at(0), std::nullopt, "group-1", std::nullopt, std::move(results)};
}

inline Stored put(Repository &repository, const Uuid &agent, std::vector<model::ReportedResult> results)
{
    auto stored = await(repository.store(agent, report_of(std::move(results)), at(1000)));
    return stored.value();
}

struct ReadRow {
    Uuid agent;
    model::ReportedResult result;
    std::optional<std::int32_t> run_status;
    std::optional<std::vector<model::Conflict>> run_conflicts;
    std::string table;
    std::vector<model::Column> columns;
    std::vector<model::Cell> cells;
};

inline std::vector<ReadRow> read_all(Repository &repository, ResultQuery query = {})
{
    std::vector<ReadRow> rows;
    do {
        auto page = await(repository.results(query, [&](const ResultRow &row) {
            rows.push_back(
                {row.agent, row.result, row.run_status, row.run_conflicts, row.table, row.columns, row.cells});
            return true;
        }));
        query.after = page.value().next;
    } while (query.after);
    return rows;
}

// What anybody's SQL sees: the cells of a query as text, "-" for null, on a connection of its own.
inline std::vector<std::vector<std::string>> sql(const std::filesystem::path &file, const std::string &query,
                                                 int columns)
{
    auto connection = sqlite::Connection::open(file, sqlite::Connection::Mode::read_only, 1s);
    std::vector<std::vector<std::string>> all;
    auto rows = connection.value().query(query);
    while (rows.next()) {
        auto &row = all.emplace_back();
        for (int i = 0; i < columns; ++i)
            row.push_back(rows.null(i) ? "-" : rows.string(i));
    }
    rows.end().value();
    return all;
}

} // namespace sonde::test
