#pragma once

#include "model/outcomes.hpp"
#include "model/report_json.hpp"
#include "spool/spool.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>

namespace sonde::test {

using namespace sonde::spool;
using namespace std::chrono_literals;

inline WallTime at(std::int64_t seconds)
{
    return WallTime(std::chrono::seconds(1'790'000'000 + seconds));
}

inline Spool open_spool(const std::filesystem::path &file, std::uint64_t max_bytes = 64 << 20)
{
    auto spool = Spool::open({file, max_bytes});
    INFO((spool ? "" : to_string(spool.error())));
    REQUIRE(spool);
    return std::move(*spool);
}

inline model::Intent intent_of(const std::string &schedule, std::int64_t second,
                               std::vector<std::string> actions = {"a"})
{
    return {random_uuid(), schedule, std::move(actions), at(second), 1500ms, std::nullopt};
}

// A part of a run with so many rows of two cells.
inline model::ReportedResult part_of(const model::Intent &intent, std::size_t rows, std::size_t text_bytes = 10,
                                     const std::string &action = "a")
{
    model::ReportedResult part;
    part.run = intent.id;
    part.method = "ping";
    part.method_version = "1.0.0";
    part.schedule = intent.schedule;
    part.action = action;
    part.task = "t";
    part.event = intent.event;
    part.start = intent.due();
    model::Table table{"packet", {}, {{"seq", "int", "", {}}, {"note", "string", "", {}}}, {}};
    for (std::size_t i = 0; i < rows; ++i)
        table.rows.push_back({std::to_string(i), std::string(text_bytes, 'x')});
    part.tables.push_back(std::move(table));
    return part;
}

inline model::Outcome outcome_of(const model::Intent &intent, std::uint64_t rows,
                                 model::OutcomeWord word = model::OutcomeWord::completed,
                                 const std::string &action = "a")
{
    model::Outcome outcome;
    outcome.run = intent.id;
    outcome.schedule = intent.schedule;
    outcome.action = action;
    outcome.task = "t";
    outcome.word = word;
    outcome.first_event = outcome.last_event = intent.event;
    outcome.start = intent.due();
    outcome.end = intent.due() + 3s;
    outcome.lateness = 42us;
    outcome.rows = rows;
    return outcome;
}

// Plans, starts and ends a run of one action whose whole result is its last part.
inline void run_whole(Spool &spool, const model::Intent &intent, std::size_t rows, std::size_t text_bytes = 10,
                      const std::vector<Destination> &destinations = {"report"})
{
    Change change;
    change.plan = {intent};
    REQUIRE(await(spool.record(change)));
    REQUIRE(await(spool.start(intent.id, 0, intent.id, "t", intent.due())));
    REQUIRE(await(spool.end(
        {{intent.id, 0, outcome_of(intent, rows), destinations, part_of(intent, rows, text_bytes), destinations}})));
}

inline Batch batch_of(Spool &spool, const Destination &destination = "report", std::size_t max_bytes = 1 << 20)
{
    auto batch = await(spool.batch(destination, max_bytes));
    REQUIRE(batch);
    return std::move(*batch);
}

inline std::vector<std::uint64_t> sequences_of(const Batch &batch)
{
    std::vector<std::uint64_t> sequences;
    for (const auto &entry : batch.entries)
        sequences.push_back(entry.sequence);
    return sequences;
}

inline std::vector<model::ReportedResult> results_of(const Batch &batch)
{
    std::vector<model::ReportedResult> results;
    for (const auto &entry : batch.entries) {
        auto result = model::read_result(entry.json);
        REQUIRE(result);
        REQUIRE(result->identity.sequence == entry.sequence);
        results.push_back(std::move(*result));
    }
    return results;
}

inline std::vector<model::Outcome> outcomes_in(const Batch &batch)
{
    std::vector<model::Outcome> all;
    for (const auto &result : results_of(batch))
        if (model::is_outcomes(result)) {
            auto outcomes = model::outcomes_of(result);
            REQUIRE(outcomes);
            all.insert(all.end(), outcomes->begin(), outcomes->end());
        }
    return all;
}

} // namespace sonde::test
