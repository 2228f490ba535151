#include "store/repository.hpp"

#include "store/check.hpp"
#include "store/outcomes.hpp"
#include "store/queries.hpp"
#include "store/schema.hpp"
#include "store/trace.hpp"
#include "store/views.hpp"
#include "store/writing.hpp"

#include <utility>

namespace sonde::store {

using sqlite::Connection;

Repository::Repository(std::unique_ptr<sqlite::Database> database) : database_(std::move(database)) {}

Result<Repository> Repository::open(const std::filesystem::path &file, int readers)
{
    sqlite::DatabaseOptions options;
    options.readers = readers;
    auto database = sqlite::Database::open(file, repository_migrations(), options);
    if (!database)
        return database.error();
    if (auto renewed = database->write_and_wait(renew_old_views); !renewed)
        return renewed.error();
    return Repository(std::make_unique<sqlite::Database>(std::move(*database)));
}

asio::awaitable<Result<Stored>> Repository::store(Uuid agent, model::Report report, WallTime received)
{
    return database_->write([agent, report = std::move(report), received](Connection &db) -> Result<Stored> {
        if (auto good = check(report); !good)
            return good.error();
        return put_report(db, agent, report, received);
    });
}

asio::awaitable<Result<Page>> Repository::results(ResultQuery query, std::function<bool(const ResultRow &)> sink)
{
    return database_->read(
        [query = std::move(query), sink = std::move(sink)](Connection &db) { return read_results(db, query, sink); });
}

asio::awaitable<Result<std::vector<StoredOutcome>>> Repository::outcomes(OutcomeQuery query, std::size_t bytes)
{
    return database_->read(
        [query = std::move(query), bytes](Connection &db) { return read_outcomes(db, query, bytes); });
}

asio::awaitable<Result<std::vector<OutcomeSum>>> Repository::outcome_sums(OutcomeQuery query,
                                                                          std::optional<SumPlace> after)
{
    return database_->read([query = std::move(query), after = std::move(after)](Connection &db) {
        return sum_outcomes(db, query, after);
    });
}

asio::awaitable<Result<std::vector<TracedRun>>> Repository::trace(std::string beginning, std::size_t limit)
{
    return database_->read(
        [beginning = std::move(beginning), limit](Connection &db) { return trace_runs(db, beginning, limit); });
}

asio::awaitable<Result<std::vector<SeenAgent>>> Repository::agents(std::optional<Uuid> after, std::size_t limit)
{
    return database_->read([after, limit](Connection &db) { return read_agents(db, after, limit); });
}

} // namespace sonde::store
