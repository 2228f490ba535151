#include "spool/spool.hpp"

#include "spool/counts.hpp"
#include "spool/inputs.hpp"
#include "spool/intents.hpp"
#include "spool/outcomes.hpp"
#include "spool/past.hpp"
#include "spool/results.hpp"
#include "spool/room.hpp"
#include "spool/schema.hpp"
#include "spool/side_notes.hpp"

#include <utility>

namespace sonde::spool {

namespace {

using sqlite::Connection;

// Sets up what a spool has from its first opening on.
Result<Uuid> read_epoch(Connection &db)
{
    const auto drawn = db.run("INSERT OR IGNORE INTO meta VALUES('epoch', ?)", to_string(random_uuid()));
    if (!drawn)
        return drawn.error();
    // A row makes sure that the counter of sequence numbers exists before the first result.
    const auto counter = db.run("INSERT INTO sqlite_sequence SELECT 'result', 0 "
                                "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'result')");
    if (!counter)
        return counter.error();
    auto rows = db.query("SELECT value FROM meta WHERE name = 'epoch'");
    if (!rows.next())
        return rows.end() ? Error{"spool", "it has no epoch", ""} : rows.end().error();
    return parse_uuid(rows.text(0));
}

// How long an agent was down is told by it.
Result<void> note_alive(Connection &db)
{
    return db.change("INSERT OR REPLACE INTO meta VALUES('last_alive', ?)", sonde::now().wall);
}

// The common frame of what adds to the spool.
template <class Step>
Result<void> add(Connection &db, std::uint64_t max_bytes, Step step)
{
    if (Result<void> done = step(); !done)
        return done;
    if (auto noted = note_alive(db); !noted)
        return noted;
    return make_room(db, max_bytes);
}

} // namespace

Spool::Spool(std::unique_ptr<sqlite::Database> database, Uuid epoch, std::uint64_t max_bytes)
    : database_(std::move(database)), epoch_(epoch), max_bytes_(max_bytes)
{
}

Result<Spool> Spool::open(SpoolOptions options)
{
    // Empty tables and what an agent cannot do without need some of it.
    constexpr std::uint64_t least_bytes = 512 * 1024;
    if (options.max_bytes < least_bytes)
        return Error{options.file.string(), "a spool of " + std::to_string(options.max_bytes) + " bytes is too small",
                     "at least " + std::to_string(least_bytes)};
    sqlite::DatabaseOptions database_options;
    database_options.check_pages = true; // it is small, and must hold for years on a flash disk
    database_options.checkpoint_pages = 250;
    auto database = sqlite::Database::open(options.file, migrations(), database_options);
    if (!database)
        return database.error();
    auto kept = std::make_unique<sqlite::Database>(std::move(*database));
    const auto epoch = kept->write_and_wait(read_epoch);
    if (!epoch)
        return epoch.error();
    return Spool(std::move(kept), *epoch, options.max_bytes);
}

asio::awaitable<Result<OpenState>> Spool::open_state()
{
    return database_->read(read_open_state);
}

asio::awaitable<Result<void>> Spool::record(Change change)
{
    return database_->write([change = std::move(change), max_bytes = max_bytes_](Connection &db) mutable {
        return add(db, max_bytes, [&] { return record_change(db, std::move(change)); });
    });
}

asio::awaitable<Result<void>> Spool::start(Uuid intent, std::size_t action, Uuid run, std::string task, WallTime when)
{
    return database_->write_soon([=, task = std::move(task), max_bytes = max_bytes_](Connection &db) {
        return add(db, max_bytes, [&] { return start_action(db, intent, action, run, task, when); });
    });
}

asio::awaitable<Result<void>> Spool::append(model::ReportedResult part, std::vector<Destination> destinations)
{
    return database_->write([part = std::move(part), destinations = std::move(destinations), epoch = epoch_,
                             max_bytes = max_bytes_](Connection &db) mutable {
        return add(db, max_bytes, [&] { return append_part(db, epoch, std::move(part), destinations); });
    });
}

asio::awaitable<Result<void>> Spool::end(std::vector<Ended> ended)
{
    return database_->write([ended = std::move(ended), epoch = epoch_, max_bytes = max_bytes_](Connection &db) mutable {
        return add(db, max_bytes, [&]() -> Result<void> {
            for (auto &one : ended)
                if (auto done = end_action(db, epoch, std::move(one)); !done)
                    return done;
            return {};
        });
    });
}

asio::awaitable<Result<Batch>> Spool::batch(Destination destination, std::size_t max_bytes, bool all)
{
    return database_->write([destination = std::move(destination), epoch = epoch_, max_bytes, all](Connection &db) {
        return next_batch(db, epoch, destination, max_bytes, all);
    });
}

asio::awaitable<Result<Batch>> Spool::inputs(Destination destination, std::uint64_t after, std::size_t max_bytes)
{
    return database_->read([destination = std::move(destination), after, max_bytes](Connection &db) {
        return read_inputs(db, destination, after, max_bytes);
    });
}

asio::awaitable<Result<std::size_t>> Spool::give_up_inputs(Destination destination, std::string reason, WallTime when)
{
    return database_->write([destination = std::move(destination), reason = std::move(reason), when](Connection &db) {
        return spool::give_up_inputs(db, destination, reason, when);
    });
}

asio::awaitable<Result<void>> Spool::acknowledge(Destination destination, std::vector<std::uint64_t> sequences)
{
    return database_->write([destination = std::move(destination), sequences = std::move(sequences)](Connection &db) {
        return acknowledge_entries(db, destination, sequences);
    });
}

asio::awaitable<Result<bool>> Spool::take_apart(Destination destination, std::uint64_t sequence)
{
    return database_->write([destination = std::move(destination), epoch = epoch_, sequence](Connection &db) {
        return halve_bundle(db, epoch, destination, sequence);
    });
}

asio::awaitable<Result<void>> Spool::set_aside(Destination destination, std::vector<std::uint64_t> sequences,
                                               std::string reason, WallTime when)
{
    return database_->write(
        [destination = std::move(destination), sequences = std::move(sequences), reason = std::move(reason),
         when](Connection &db) { return set_entries_aside(db, destination, sequences, reason, when); });
}

asio::awaitable<Result<std::vector<SetAside>>> Spool::what_was_set_aside()
{
    return database_->read(read_set_aside);
}

asio::awaitable<Result<void>> Spool::note_failure(model::Failure failure)
{
    return database_->write([failure = std::move(failure)](Connection &db) { return put_failure(db, failure); });
}

asio::awaitable<Result<std::vector<WaitingFailure>>> Spool::failures(std::size_t limit)
{
    return database_->read([epoch = epoch_, limit](Connection &db) { return read_failures(db, epoch, limit); });
}

asio::awaitable<Result<void>> Spool::failures_told(std::vector<std::int64_t> ids)
{
    return database_->write([ids = std::move(ids)](Connection &db) { return delete_failures(db, ids); });
}

asio::awaitable<Result<void>> Spool::set_failure_aside(std::int64_t id, std::string reason)
{
    return database_->write(
        [id, reason = std::move(reason)](Connection &db) { return spool::set_failure_aside(db, id, reason); });
}

asio::awaitable<Result<void>> Spool::refuse(RefusedInstruction refused, std::vector<model::Failure> failures)
{
    return database_->write([refused = std::move(refused), failures = std::move(failures)](Connection &db) {
        return put_refused_instruction(db, refused, failures);
    });
}

asio::awaitable<Result<void>> Spool::book_bytes(std::chrono::sys_days day, std::int64_t bytes,
                                                std::optional<Bucket> bucket)
{
    return database_->write([day, bytes, bucket](Connection &db) { return add_bytes(db, day, bytes, bucket); });
}

asio::awaitable<Result<Status>> Spool::status()
{
    return database_->read(
        [epoch = epoch_, max_bytes = max_bytes_](Connection &db) { return read_status(db, epoch, max_bytes); });
}

asio::awaitable<Result<std::vector<PastOutcome>>> Spool::past(PastQuery query)
{
    return database_->read([query = std::move(query)](Connection &db) { return read_past(db, query); });
}

asio::awaitable<Result<std::vector<WaitingParts>>> Spool::waiting_parts(Uuid run)
{
    return database_->read([run](Connection &db) { return read_waiting_parts(db, run); });
}

asio::awaitable<Result<Accounts>> Spool::accounts(WallTime now)
{
    return database_->read([now](Connection &db) { return read_accounts(db, now); });
}

asio::awaitable<Result<std::vector<ScheduleCounts>>> Spool::counts()
{
    return database_->read(read_counts);
}

} // namespace sonde::spool
