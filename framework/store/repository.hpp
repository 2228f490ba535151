#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/intent.hpp"
#include "model/report.hpp"
#include "sqlite/database.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::store {

namespace asio = boost::asio;

struct Stored {
    std::size_t stored = 0;
    std::size_t duplicates = 0;     // had been stored before; acknowledged all the same
    std::optional<Error> refused{}; // nothing was stored: the sender has used up what one agent may make

    bool operator==(const Stored &) const = default;
};

// Behind which row a page of results begins.
struct ResultPlace {
    WallTime start;          // of the row's result
    std::int64_t result = 0; // the store's own numbers
    std::int64_t row = 0;
};

// A filter of results; what is absent does not restrict. Times are of the result's start, from inclusive, to exclusive.
struct ResultQuery {
    std::vector<Uuid> agents; // empty: all
    std::optional<std::string> task;
    std::optional<std::string> method;
    std::optional<std::string> table; // absent: all tables; empty: each result's first table, which has the bare view
    std::optional<Uuid> run;
    std::optional<WallTime> from;
    std::optional<WallTime> to;
    std::optional<ResultPlace> after; // the `next` of the page before
    std::size_t limit = 1000;         // rows
};

// One row of a result with all that describes it.
struct ResultRow {
    Uuid agent;
    const model::ReportedResult &result;    // without its tables
    std::optional<std::int32_t> run_status; // of the run that it is a part of; nothing: not known
    const std::optional<std::vector<model::Conflict>> &run_conflicts; // likewise
    const std::string &table;
    const std::vector<model::Column> &columns;
    std::vector<model::Cell> cells;
};

struct Page {
    std::size_t rows = 0;
    std::optional<ResultPlace> next; // the next page's `after`; absent: there is none
};

// Behind which outcome a page begins.
struct OutcomePlace {
    WallTime last_event;
    WallTime first_event;
    std::int64_t id = 0;
};

struct OutcomeQuery {
    std::vector<Uuid> agents;
    std::optional<std::string> schedule;
    std::optional<model::OutcomeWord> word;
    std::optional<WallTime> from; // of the trigger
    std::optional<WallTime> to;
    std::optional<OutcomePlace> after;
    std::size_t limit = 1000;
};

// Behind which schedule of which agent a page of sums begins.
struct SumPlace {
    Uuid agent;
    std::string schedule;
};

struct StoredOutcome {
    std::int64_t id = 0;
    Uuid agent;
    model::Outcome outcome;

    OutcomePlace place() const { return {outcome.last_event, outcome.first_event, id}; }
};

// The planned runs of one schedule of one agent by how they ended.
struct OutcomeSum {
    Uuid agent;
    std::string schedule;
    std::uint64_t planned = 0; // the sum of all words
    std::map<model::OutcomeWord, std::uint64_t> by_word;
    std::uint64_t rows = 0;
    std::uint64_t rows_dropped = 0;
};

// What is stored of one action's run.
struct TracedRun {
    Uuid agent;
    Uuid run;
    std::string schedule;
    std::string action;
    std::string task;
    // Of what was measured.
    std::uint64_t parts = 0;
    std::uint64_t rows = 0;
    bool whole = false;                    // its last part is there
    std::optional<WallTime> rows_stored{}; // the last of them
    // Of its outcome: nothing until that has come.
    std::optional<std::string> outcome{};
    std::uint64_t count = 0;
    std::optional<WallTime> first_event{};
    std::optional<WallTime> start{};
    std::optional<WallTime> end{};
    std::optional<std::chrono::nanoseconds> lateness{};
    std::optional<WallTime> outcome_stored{};
};

struct SeenAgent {
    Uuid agent;
    std::string group;
    WallTime first_seen;
    WallTime last_seen;
    std::uint64_t results = 0;
    std::optional<model::ClockState> clock{}; // as its last report said
};

// The results of all agents in one SQLite file: a table of results, one of rows with their cells as a JSON array, and a
// view for each method and table that anybody's SQL can read (see views.hpp).
//
// Awaitables complete on the caller's executor, which must outlive the repository.
class Repository {
public:
    static Result<Repository> open(const std::filesystem::path &file, int readers = 2);

    Repository(Repository &&) noexcept = default;
    Repository &operator=(Repository &&) noexcept = default;

    // Stores a report whole, in one commit, or refuses it whole (a name or a cell that is not what it says, or more
    // kinds of tables than one agent may make). `agent` is the one that the certificate names; a result that (agent,
    // epoch, sequence) has stored already is a duplicate.
    asio::awaitable<Result<Stored>> store(Uuid agent, model::Report report, WallTime received);

    // Calls `sink` for each row, in the order of the results' start, *on a reader's thread*, until it returns false.
    asio::awaitable<Result<Page>> results(ResultQuery query, std::function<bool(const ResultRow &)> sink);

    // In the order of their last trigger. At most `query.limit` and about `bytes` of them, but at least one if there is
    // one behind `query.after`.
    asio::awaitable<Result<std::vector<StoredOutcome>>> outcomes(OutcomeQuery query, std::size_t bytes = SIZE_MAX);
    // By agent and schedule; at most `query.limit` of those behind `after`. Has no use for `query.after`.
    asio::awaitable<Result<std::vector<OutcomeSum>>> outcome_sums(OutcomeQuery query,
                                                                  std::optional<SumPlace> after = {});
    // Runs whose UUIDs begin so, by agent and run; about `limit`.
    asio::awaitable<Result<std::vector<TracedRun>>> trace(std::string beginning, std::size_t limit);
    // By their ids; at most `limit` of those behind `after`.
    asio::awaitable<Result<std::vector<SeenAgent>>> agents(std::optional<Uuid> after = {}, std::size_t limit = 1000);

    // Ends the queries, those that run too: they get an Error. Stores go on.
    void stop_queries() { database_->stop_reading(); }

    sqlite::DatabaseLoad load() const { return database_->load(); }

private:
    explicit Repository(std::unique_ptr<sqlite::Database> database);

    std::unique_ptr<sqlite::Database> database_;
};

} // namespace sonde::store
