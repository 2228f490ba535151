#include "sqlite/database.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

namespace sonde::sqlite {

namespace {

// Many waiters share a commit, but a stream of them must not keep the first one waiting.
constexpr std::size_t kWorksPerCommit = 256;

std::string careful_commits(const DatabaseOptions &options)
{
    return "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=" + std::to_string(options.checkpoint_pages);
}

Result<void> set_up(Connection &connection, const DatabaseOptions &options)
{
    // WAL first: it is the first statement that reads the file, and tells what is no database.
    return connection.script("PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA journal_size_limit=1048576; " +
                             careful_commits(options));
}

Result<void> check_pages(Connection &connection, const std::string &where)
{
    auto rows = connection.query("PRAGMA quick_check(1)");
    if (rows.next() && rows.text(0) != "ok")
        return Error{where, "the database is damaged: " + rows.string(0),
                     "move it away to start afresh, or restore a copy"};
    return rows.end();
}

Result<void> migrate(Connection &connection, const std::string &where, const std::vector<std::string> &migrations)
{
    if (auto begun = connection.run("BEGIN IMMEDIATE"); !begun)
        return begun.error();
    const auto version = connection.integer("PRAGMA user_version");
    const auto known = static_cast<std::int64_t>(migrations.size());
    if (!version)
        return version.error();
    if (*version > known)
        return Error{where,
                     "its schema has version " + std::to_string(*version) + ", this program knows " +
                         std::to_string(known),
                     "a newer release wrote it; run that one"};
    if (*version < 0)
        return Error{where, "its schema has version " + std::to_string(*version), "is it a database of this program?"};
    for (auto step = *version; step < known; ++step)
        if (auto done = connection.script(migrations[static_cast<std::size_t>(step)]); !done)
            return done.error();
    if (auto set = connection.script("PRAGMA user_version=" + std::to_string(known)); !set)
        return set.error();
    if (auto committed = connection.run("COMMIT"); !committed)
        return committed.error();
    return {};
}

// Work comes in bursts: a poll, a report, the end of a run.
constexpr std::chrono::seconds kRestAfter{10};

void rest(Connection &connection)
{
    connection.rest();
#ifdef __GLIBC__
    ::malloc_trim(0); // or else the heap would keep what is free between what is not
#endif
}

} // namespace

struct Database::State {
    // What waits for some threads of one kind.
    struct Queue {
        std::condition_variable wake;
        std::deque<Job> jobs;
    };

    State(Connection connection, const std::filesystem::path &file, const DatabaseOptions &options)
        : writer(std::move(connection)), log_file(file.string() + "-wal"), careful(careful_commits(options))
    {
    }

    std::mutex mutex;
    Queue writes;
    Queue reads;
    bool closing = false;
    std::atomic<bool> reading_stopped = false;
    DatabaseLoad load;
    Connection writer;
    // Of the writer's thread.
    std::string log_file;
    std::string careful;   // settings for what waits for the disk
    bool lazy = false;     // the commits are not synced
    bool unsynced = false; // the last one was not
    std::vector<Connection> readers;
    std::vector<std::thread> threads;

    ~State()
    {
        {
            const std::lock_guard lock(mutex);
            closing = true;
        }
        writes.wake.notify_all();
        reads.wake.notify_all();
        for (auto &thread : threads)
            thread.join();
        // The last connection to close copies the log into the file and removes it; a reader could not.
        readers.clear();
    }

    void push(Queue &queue, Job job)
    {
        {
            const std::lock_guard lock(mutex);
            queue.jobs.push_back(std::move(job));
            load.queued = writes.jobs.size();
            load.most_queued = std::max(load.most_queued, load.queued);
        }
        queue.wake.notify_one();
    }

    // Up to `most` jobs for a connection, which may share a commit; none when the queue is empty for good.
    std::vector<Job> pop(Queue &queue, std::size_t most, Connection &connection)
    {
        std::unique_lock lock(mutex);
        if (&queue == &writes && unsynced && queue.jobs.empty()) {
            lock.unlock();
            sync();
            lock.lock();
        }
        const auto is_due = [&] { return closing || !queue.jobs.empty(); };
        if (!queue.wake.wait_for(lock, kRestAfter, is_due)) {
            lock.unlock();
            rest(connection);
            lock.lock();
            queue.wake.wait(lock, is_due);
        }
        std::vector<Job> jobs;
        while (!queue.jobs.empty() && jobs.size() < most &&
               (jobs.empty() || jobs.front().soon == queue.jobs.front().soon)) {
            jobs.push_back(std::move(queue.jobs.front()));
            queue.jobs.pop_front();
        }
        load.queued = writes.jobs.size();
        return jobs;
    }

    void write_loop()
    {
        for (auto jobs = pop(writes, kWorksPerCommit, writer); !jobs.empty();
             jobs = pop(writes, kWorksPerCommit, writer)) {
            const auto error = commit(jobs);
            {
                const std::lock_guard lock(mutex);
                ++load.commits;
                load.works += jobs.size();
            }
            for (auto &job : jobs)
                job.done(error);
            jobs.clear(); // what they hold belongs to the waiters, who may be gone before more work comes
        }
    }

    // What was committed without it. Its failure is that of the next commit, too.
    void sync()
    {
        unsynced = false;
        const int log = ::open(log_file.c_str(), O_RDONLY | O_CLOEXEC);
        if (log < 0)
            return;
        (void)::fdatasync(log);
        ::close(log);
    }

    std::optional<Error> commit(std::vector<Job> &jobs)
    {
        const bool soon = jobs.front().soon;
        if (soon != lazy) {
            if (auto set = writer.script(soon ? "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0" : careful);
                !set)
                return set.error();
            lazy = soon;
        }
        auto error = commit_all(jobs);
        unsynced = soon || (unsynced && error);
        return error;
    }

    std::optional<Error> commit_all(std::vector<Job> &jobs)
    {
        if (auto begun = writer.run("BEGIN IMMEDIATE"); !begun)
            return begun.error();
        for (auto &job : jobs) {
            if (auto error = run_one(job)) {
                roll_back();
                return error;
            }
        }
        if (auto committed = writer.run("COMMIT"); !committed) {
            roll_back();
            return committed.error();
        }
        return std::nullopt;
    }

    // An error is one that ended the whole transaction; the job's own is in its result.
    std::optional<Error> run_one(Job &job)
    {
        if (auto saved = writer.run("SAVEPOINT work"); !saved)
            return saved.error();
        const auto failed = job.run(writer);
        // A full disk and its like end the transaction as a whole.
        if (!writer.in_transaction())
            return failed ? *failed : Error{"", "the transaction was ended by work inside it", ""};
        if (failed)
            if (auto undone = writer.run("ROLLBACK TO work"); !undone)
                return undone.error();
        if (auto released = writer.run("RELEASE work"); !released)
            return released.error();
        return std::nullopt;
    }

    void roll_back()
    {
        if (writer.in_transaction())
            // Its own failure changes nothing: whoever waits gets the error that led here.
            (void)writer.run("ROLLBACK");
    }

    void read_loop(Connection &connection)
    {
        for (auto jobs = pop(reads, 1, connection); !jobs.empty(); jobs = pop(reads, 1, connection)) {
            jobs.front().done(read(connection, jobs.front()));
            jobs.clear();
        }
    }

    std::optional<Error> read(Connection &connection, Job &job) const
    {
        if (reading_stopped)
            return Error{"", "the database is read no more", ""};
        // In a transaction all statements of one closure see the same commit.
        if (auto begun = connection.run("BEGIN"); !begun)
            return begun.error();
        (void)job.run(connection); // its error is in its result
        (void)connection.run("ROLLBACK");
        return std::nullopt;
    }
};

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}

Database::Database(Database &&) noexcept = default;
Database &Database::operator=(Database &&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::filesystem::path &file, const std::vector<std::string> &migrations,
                                const DatabaseOptions &options)
{
    auto writer = Connection::open(file, Connection::Mode::create, options.busy_timeout);
    if (!writer)
        return writer.error();
    if (auto ready = set_up(*writer, options); !ready)
        return ready.error();
    if (options.check_pages)
        if (auto whole = check_pages(*writer, file.string()); !whole)
            return whole.error();
    if (auto migrated = migrate(*writer, file.string(), migrations); !migrated)
        return migrated.error();
    // The pages that the check has read.
    if (auto released = writer->script("PRAGMA shrink_memory"); !released)
        return released.error();
    auto state = std::make_unique<State>(std::move(*writer), file, options);
    for (int i = 0; i < options.readers; ++i) {
        auto reader = Connection::open(file, Connection::Mode::read_only, options.busy_timeout);
        if (!reader)
            return reader.error();
        state->readers.push_back(std::move(*reader));
    }
    state->threads.emplace_back([s = state.get()] { s->write_loop(); });
    for (auto &reader : state->readers) {
        reader.end_statements_on(state->reading_stopped);
        state->threads.emplace_back([s = state.get(), &reader] { s->read_loop(reader); });
    }
    return Database(std::move(state));
}

void Database::queue_write(Job job)
{
    state_->push(state_->writes, std::move(job));
}

void Database::queue_soon(Job job)
{
    job.soon = true;
    state_->push(state_->writes, std::move(job));
}

void Database::queue_read(Job job)
{
    state_->push(state_->reads, std::move(job));
}

void Database::stop_reading()
{
    state_->reading_stopped = true;
}

DatabaseLoad Database::load() const
{
    const std::lock_guard lock(state_->mutex);
    return state_->load;
}

} // namespace sonde::sqlite
