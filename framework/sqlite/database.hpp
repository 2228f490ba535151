#pragma once

#include "sqlite/connection.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::sqlite {

namespace asio = boost::asio;

struct DatabaseOptions {
    int readers = 1; // threads, each with a connection of its own
    std::chrono::milliseconds busy_timeout{2'000};
    bool check_pages = false; // reads the whole file at opening, to find damage before it is met
    int checkpoint_pages = 1'000;
};

// How busy the writer is. A queued piece of work belongs to a coroutine or thread that waits for it, so the queue is as
// long as there are callers.
struct DatabaseLoad {
    std::size_t queued = 0;
    std::size_t most_queued = 0;
    std::uint64_t commits = 0;
    std::uint64_t works = 0; // committed or failed; works / commits is what the group commit saved
};

// A database file behind one writer thread, so that a flash disk's slow sync never stops a loop. Work is a closure
// `Result<T>(Connection &)` that runs on the writer's thread inside a transaction; what is queued meanwhile shares the
// next commit, each with a savepoint of its own, so that one that fails undoes only itself. A result is delivered when
// it is on the disk (WAL, synchronous=FULL) and not before; if the commit fails, all that shared it get its Error.
// Reads run on threads and connections of their own and see the last commit.
//
// Thread-safe. The closure owns what it uses; work once queued runs to its end whatever becomes of the waiter.
// Destruction finishes all that is queued; io_contexts that wait for results must outlive the database.
class Database {
public:
    // Opens or creates the file. `migrations[i]` is the SQL that brings the schema from version i to i + 1 (PRAGMA
    // user_version); a file of a newer version, of another kind or a damaged one is refused with words.
    static Result<Database> open(const std::filesystem::path &file, const std::vector<std::string> &migrations,
                                 const DatabaseOptions &options = {});

    Database(Database &&) noexcept;
    Database &operator=(Database &&) noexcept;
    ~Database();

    // Completes on the awaiting coroutine's executor. Not cancellable: a commit is short.
    template <class F>
    auto write(F work)
    {
        return awaited(&Database::queue_write, std::move(work));
    }

    // Completes already when no end of this process can undo it; a loss of power can, for a moment: it is on the disk
    // with the next commit, or as soon as there is nothing else to do. Such work shares commits with its like alone,
    // and does not wait for the disk.
    template <class F>
    auto write_soon(F work)
    {
        return awaited(&Database::queue_soon, std::move(work));
    }

    template <class F>
    auto read(F work)
    {
        return awaited(&Database::queue_read, std::move(work));
    }

    // The same for threads that may wait: command lines and tests.
    template <class F>
    auto write_and_wait(F work)
    {
        return waited(&Database::queue_write, std::move(work));
    }

    template <class F>
    auto read_and_wait(F work)
    {
        return waited(&Database::queue_read, std::move(work));
    }

    // Ends the reads: those that run get an Error within milliseconds, those that wait or come later do not begin. For
    // whoever is to stop and cannot wait for a long query. Writes go on.
    void stop_reading();

    DatabaseLoad load() const;

private:
    // `run` gives the error for which to undo it; `done` is called once, with the error that undid it if any.
    struct Job {
        std::function<std::optional<Error>(Connection &)> run;
        std::function<void(const std::optional<Error> &)> done;
        bool soon = false;
    };
    struct State;

    explicit Database(std::unique_ptr<State> state);
    void queue_write(Job job);
    void queue_soon(Job job);
    void queue_read(Job job);

    template <class R, class Done>
    static Job make_job(std::function<R(Connection &)> work, Done done)
    {
        auto result = std::make_shared<std::optional<R>>();
        return {[work = std::move(work), result](Connection &connection) -> std::optional<Error> {
                    result->emplace(work(connection));
                    return result->value() ? std::nullopt : std::optional(result->value().error());
                },
                [result, done = std::move(done)](const std::optional<Error> &error) mutable {
                    done(error ? R(*error) : std::move(result->value()));
                },
                false};
    }

    template <class F>
    auto awaited(void (Database::*queue)(Job), F work)
    {
        using R = std::invoke_result_t<F &, Connection &>;
        auto shared = std::make_shared<F>(std::move(work));
        auto start = [this, queue, shared](auto handler) {
            // std::function wants copies, a handler has none.
            auto held = std::make_shared<decltype(handler)>(std::move(handler));
            auto guard = asio::make_work_guard(asio::get_associated_executor(*held));
            (this->*queue)(make_job<R>([shared](Connection &connection) { return (*shared)(connection); },
                                       [held = std::move(held), guard](R result) {
                                           auto executor = guard.get_executor();
                                           asio::post(executor, [handler = std::move(*held), guard,
                                                                 result = std::move(result)]() mutable {
                                               std::move(handler)(std::move(result));
                                           });
                                       }));
        };
        return asio::async_initiate<const asio::use_awaitable_t<>, void(R)>(std::move(start), asio::use_awaitable);
    }

    template <class F>
    auto waited(void (Database::*queue)(Job), F work)
    {
        using R = std::invoke_result_t<F &, Connection &>;
        auto shared = std::make_shared<F>(std::move(work));
        auto promise = std::make_shared<std::promise<R>>();
        auto future = promise->get_future();
        (this->*queue)(make_job<R>([shared](Connection &connection) { return (*shared)(connection); },
                                   [promise](R result) { promise->set_value(std::move(result)); }));
        return future.get();
    }

    std::unique_ptr<State> state_;
};

} // namespace sonde::sqlite
