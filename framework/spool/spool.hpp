#pragma once

#include "spool/records.hpp"
#include "sqlite/database.hpp"

#include <filesystem>
#include <memory>

namespace sonde::spool {

namespace asio = boost::asio;

struct SpoolOptions {
    std::filesystem::path file;
    std::uint64_t max_bytes = 64 * 1024 * 1024; // of the file, at least 512 KiB; SQLite's log adds up to a few MiB
};

// The agent's durable memory: what was planned, what ran, what waits for its acknowledgement. Every call is one
// transaction and returns when it is on the disk (but for start()), so a kill at any moment leaves either all of it or
// nothing.
//
// Bounded: when the file would outgrow `max_bytes`, what was set aside goes first, then the outcomes that only go along
// with others, then the oldest results (those that were handed to a report last, since they may have arrived), each
// counted in its run's outcome as `rows_dropped` (an outcome that was sent already is sent again and replaces the
// first; but what has arrived and waits as an input alone goes before the others, and is no loss to a collector), and
// only when nothing else is left the oldest outcomes.
//
// For one loop: awaitables complete on the caller's executor, which must outlive the spool.
class Spool {
public:
    // Opens or creates it; a new one draws an epoch. A damaged file is refused, as is a newer one.
    static Result<Spool> open(SpoolOptions options);

    Spool(Spool &&) noexcept = default;
    Spool &operator=(Spool &&) noexcept = default;

    const Uuid &epoch() const { return epoch_; }

    asio::awaitable<Result<OpenState>> open_state();

    // Instruction, intents, outcomes and progress: triggers are persisted by it before anything of them starts.
    asio::awaitable<Result<void>> record(Change change);

    // An action is about to run. An Error if it is not planned. Does not wait for the disk, so that the run is
    // punctual: a loss of power at that moment leaves it planned.
    asio::awaitable<Result<void>> start(Uuid intent, std::size_t action, Uuid run, std::string task, WallTime when);

    // A part of the result of the action that `part.run` and `part.action` name, which is running. The spool numbers
    // the part and gives it its identity, and marks it as not the last. List all the method's tables in their order,
    // also the empty ones. Worth it from some 64 KiB on.
    asio::awaitable<Result<void>> append(model::ReportedResult part, std::vector<Destination> destinations);

    // Ends actions, each with its outcome and its last part at once. An action that has ended already is an Error, and
    // then none of them is ended. An intent goes with its last action.
    asio::awaitable<Result<void>> end(std::vector<Ended> ended);

    // What a report to `destination` carries next: about `max_bytes` of entries, but at least one if there is one. The
    // same entries come again until they are acknowledged or set aside. Outcomes come after the results before them;
    // `all`: also those that only go along with others, where there are no others.
    asio::awaitable<Result<Batch>> batch(Destination destination, std::size_t max_bytes, bool all = false);

    // What a run may take as its input: entries for `destination` behind the number `after`, oldest first, of runs that
    // have ended; about `max_bytes`, but at least one if there is one. They wait until an action ends that has taken
    // them.
    asio::awaitable<Result<Batch>> inputs(Destination destination, std::uint64_t after, std::size_t max_bytes);

    // Nobody takes these inputs any more: they are set aside, and told to the controller as a failure. Returns how
    // many.
    asio::awaitable<Result<std::size_t>> give_up_inputs(Destination destination, std::string reason, WallTime when);

    // The collector has committed these.
    asio::awaitable<Result<void>> acknowledge(Destination destination, std::vector<std::uint64_t> sequences);

    // The collector refuses this entry for good. If it has several outcomes, it comes again as two entries, so that in
    // the end only the outcome that is wrong stands alone; false if it cannot be taken apart.
    asio::awaitable<Result<bool>> take_apart(Destination destination, std::uint64_t sequence);

    // The collector refuses these for good: they are kept to be looked at, and told to the controller as a failure.
    asio::awaitable<Result<void>> set_aside(Destination destination, std::vector<std::uint64_t> sequences,
                                            std::string reason, WallTime when);
    asio::awaitable<Result<std::vector<SetAside>>> what_was_set_aside();

    // Failure Information that waits until the controller has taken it; the oldest of more than a thousand goes.
    asio::awaitable<Result<void>> note_failure(model::Failure failure);
    asio::awaitable<Result<std::vector<WaitingFailure>>> failures(std::size_t limit);
    asio::awaitable<Result<void>> failures_told(std::vector<std::int64_t> ids);

    // The controller refuses this one for good: it is kept to be looked at, among the newest thousand.
    asio::awaitable<Result<void>> set_failure_aside(std::int64_t id, std::string reason);

    // An instruction is refused, for these reasons, until another one is recorded as in force.
    asio::awaitable<Result<void>> refuse(RefusedInstruction refused, std::vector<model::Failure> failures);

    // The data budget: bytes on the line by UTC day, kept for 40 days. Fewer than none takes back what was booked. A
    // bucket replaces the one that was kept.
    asio::awaitable<Result<void>> book_bytes(std::chrono::sys_days day, std::int64_t bytes,
                                             std::optional<Bucket> bucket = {});

    asio::awaitable<Result<Status>> status();

    // How runs ended, by their time: the newest 2000 are kept, fewer where the spool is full, and all that wait for
    // their acknowledgement.
    asio::awaitable<Result<std::vector<PastOutcome>>> past(PastQuery query);
    asio::awaitable<Result<std::vector<WaitingParts>>> waiting_parts(Uuid run);
    asio::awaitable<Result<Accounts>> accounts(WallTime now);

    // RFC 8194's counters of the schedules that ever ran, by name.
    asio::awaitable<Result<std::vector<ScheduleCounts>>> counts();

    sqlite::DatabaseLoad load() const { return database_->load(); }

private:
    Spool(std::unique_ptr<sqlite::Database> database, Uuid epoch, std::uint64_t max_bytes);

    std::unique_ptr<sqlite::Database> database_;
    Uuid epoch_;
    std::uint64_t max_bytes_;
};

} // namespace sonde::spool
