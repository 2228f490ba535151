#include "sqlite/database.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <future>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace sonde;
using namespace sonde::sqlite;

namespace {

const std::vector<std::string> kNumbers = {"CREATE TABLE t(i INTEGER PRIMARY KEY)"};

auto insert(std::int64_t i)
{
    return [i](Connection &db) { return db.run("INSERT INTO t(i) VALUES(?)", i); };
}

Result<std::int64_t> count(Connection &db)
{
    return db.integer("SELECT count(*) FROM t");
}

} // namespace

TEST_CASE("what was written is there after opening the file again")
{
    const test::TempDir dir;
    {
        auto db = Database::open(dir / "a.db", kNumbers);
        REQUIRE(db);
        REQUIRE(db->write_and_wait(insert(1)));
        CHECK(*db->read_and_wait(count) == 1);
    }
    CHECK_FALSE(std::filesystem::exists(dir / "a.db-wal")); // a clean end leaves one file
    auto db = Database::open(dir / "a.db", kNumbers);
    REQUIRE(db);
    CHECK(*db->read_and_wait(count) == 1);
}

TEST_CASE("reads are ended at once where the database is to stop, and writes go on")
{
    const test::TempDir dir;
    auto db = Database::open(dir / "a.db", {"CREATE TABLE t(i INTEGER PRIMARY KEY)"});
    REQUIRE(db);
    std::atomic<bool> begun = false;
    auto endless = [&](Connection &c) {
        begun = true;
        return c.integer("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0");
    };
    auto query = std::async(std::launch::async, [&] { return db->read_and_wait(endless); });
    auto waiting = std::async(std::launch::async, [&] { return db->read_and_wait(endless); });
    while (!begun)
        std::this_thread::yield();
    db->stop_reading();
    CHECK_FALSE(query.get());
    CHECK_FALSE(waiting.get());
    CHECK(db->read_and_wait(count).error().what == "the database is read no more");
    CHECK(db->write_and_wait(insert(1)));
    CHECK(*db->write_and_wait(count) == 1);
}

TEST_CASE("a coroutine awaits a commit on its own executor")
{
    const test::TempDir dir;
    auto db = Database::open(dir / "a.db", kNumbers);
    REQUIRE(db);
    boost::asio::io_context context;
    const auto loop = std::this_thread::get_id();
    bool finished = false;
    auto story = [&]() -> boost::asio::awaitable<void> {
        auto writer = std::thread::id();
        auto written = co_await db->write([&writer](Connection &c) {
            writer = std::this_thread::get_id();
            return c.run("INSERT INTO t VALUES(1)");
        });
        CHECK(written);
        CHECK(writer != loop);
        CHECK(std::this_thread::get_id() == loop);
        auto again = co_await db->write(insert(1));
        CHECK_FALSE(again);
        auto counted = co_await db->read(count);
        CHECK(*counted == 1);
        finished = true;
    };
    boost::asio::co_spawn(context, story(), [](std::exception_ptr e) { CHECK_FALSE(e); });
    context.run(); // ends, although the database lives on
    CHECK(finished);
}

TEST_CASE("what is written soon outlives its process, and shares its commits with its like alone")
{
    const test::TempDir dir;
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto db = Database::open(dir / "a.db", kNumbers);
        boost::asio::io_context context;
        const auto story = [&]() -> boost::asio::awaitable<void> {
            const auto first = co_await db->write(insert(1));
            const auto second = co_await db->write_soon(insert(2));
            const auto again = co_await db->write_soon(insert(2));
            const auto third = co_await db->write(insert(3));
            const auto fourth = co_await db->write_soon(insert(4));
            _exit(first && second && !again && third && fourth ? 0 : 1);
        };
        boost::asio::co_spawn(context, story(), [](std::exception_ptr) {});
        context.run();
        _exit(2);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    auto db = Database::open(dir / "a.db", kNumbers);
    REQUIRE(db);
    CHECK(*db->read_and_wait(count) == 4);
}

TEST_CASE("work that fails undoes only itself, not what shares its commit")
{
    const test::TempDir dir;
    auto db = Database::open(dir / "a.db", kNumbers);
    REQUIRE(db);
    boost::asio::io_context context;
    int good = 0;
    int bad = 0;
    auto one = [&](std::int64_t i) -> boost::asio::awaitable<void> {
        auto done = co_await db->write([i](Connection &c) -> Result<std::int64_t> {
            auto inserted = c.run("INSERT INTO t VALUES(?)", i);
            if (i % 3 == 0)
                return Error{"", "three", ""};
            return inserted;
        });
        ++(done ? good : bad);
    };
    for (int i = 0; i < 300; ++i)
        boost::asio::co_spawn(context, one(i), [](std::exception_ptr e) { CHECK_FALSE(e); });
    context.run();
    CHECK(good == 200);
    CHECK(bad == 100);
    CHECK(*db->read_and_wait(count) == 200);
    CHECK(*db->read_and_wait([](Connection &c) { return c.integer("SELECT count(*) FROM t WHERE i % 3 = 0"); }) == 0);
    const auto load = db->load();
    CHECK(load.works == 300);
    CHECK(load.commits < 300); // they shared
    CHECK(load.most_queued > 1);
    CHECK(load.queued == 0);
}

TEST_CASE("destroying a database finishes what is queued")
{
    const test::TempDir dir;
    boost::asio::io_context context;
    int done = 0;
    std::optional<Database> db(Database::open(dir / "a.db", kNumbers).value());
    auto one = [&](std::int64_t i) -> boost::asio::awaitable<void> {
        auto written = co_await db->write(insert(i));
        CHECK(written);
        ++done;
    };
    for (int i = 0; i < 1000; ++i)
        boost::asio::co_spawn(context, one(i), [](std::exception_ptr e) { CHECK_FALSE(e); });
    context.poll();
    db.reset();
    context.run();
    CHECK(done == 1000);
    auto again = Database::open(dir / "a.db", kNumbers);
    REQUIRE(again);
    CHECK(*again->read_and_wait(count) == 1000);
}

TEST_CASE("readers beside the writer see whole commits")
{
    const test::TempDir dir;
    DatabaseOptions options;
    options.readers = 2;
    auto db = Database::open(dir / "a.db", kNumbers, options);
    REQUIRE(db);
    std::atomic<bool> stop = false;
    std::atomic<int> torn = 0;
    std::atomic<int> reads = 0;
    std::vector<std::thread> readers;
    for (int r = 0; r < 2; ++r)
        readers.emplace_back([&] {
            while (!stop) {
                const auto rows = db->read_and_wait(count);
                torn += !rows || *rows % 10 != 0;
                ++reads;
            }
        });
    for (int i = 0; i < 100; ++i) {
        const auto written = db->write_and_wait([i](Connection &c) -> Result<void> {
            for (int j = 0; j < 10; ++j)
                if (auto done = c.run("INSERT INTO t VALUES(?)", i * 10 + j); !done)
                    return done.error();
            return {};
        });
        REQUIRE(written);
    }
    stop = true;
    for (auto &reader : readers)
        reader.join();
    CHECK(torn == 0);
    CHECK(reads > 0);
}

TEST_CASE("a read cannot write")
{
    const test::TempDir dir;
    auto db = Database::open(dir / "a.db", kNumbers);
    REQUIRE(db);
    CHECK_FALSE(db->read_and_wait(insert(1)));
    CHECK(*db->read_and_wait(count) == 0);
}

TEST_CASE("migrations run once each, from whatever version the file has")
{
    const test::TempDir dir;
    REQUIRE(Database::open(dir / "a.db", kNumbers));
    auto longer = kNumbers;
    longer.push_back("ALTER TABLE t ADD COLUMN j DEFAULT 5");
    REQUIRE(Database::open(dir / "a.db", longer));
    auto db = Database::open(dir / "a.db", longer);
    REQUIRE(db);
    REQUIRE(db->write_and_wait(insert(1)));
    CHECK(*db->read_and_wait([](Connection &c) { return c.integer("SELECT j FROM t"); }) == 5);
}

TEST_CASE("a migration that fails leaves the file as it was")
{
    const test::TempDir dir;
    REQUIRE(Database::open(dir / "a.db", kNumbers));
    auto wrong = kNumbers;
    wrong.push_back("CREATE TABLE u(i); NONSENSE");
    CHECK_FALSE(Database::open(dir / "a.db", wrong));
    auto db = Database::open(dir / "a.db", kNumbers);
    REQUIRE(db);
    CHECK_FALSE(db->read_and_wait([](Connection &c) { return c.integer("SELECT count(*) FROM u"); }));
}

TEST_CASE("another process's lock is waited for and then named")
{
    const test::TempDir dir;
    DatabaseOptions options;
    options.busy_timeout = std::chrono::milliseconds(50);
    auto db = Database::open(dir / "a.db", kNumbers, options);
    REQUIRE(db);
    auto other = Connection::open(dir / "a.db", Connection::Mode::create, options.busy_timeout);
    REQUIRE(other);
    REQUIRE(other->run("BEGIN IMMEDIATE"));
    const auto held = db->write_and_wait(insert(1));
    REQUIRE_FALSE(held);
    CHECK(held.error().what == "database is locked");
    CHECK_FALSE(held.error().hint.empty());
    REQUIRE(other->run("ROLLBACK"));
    CHECK(db->write_and_wait(insert(1)));
}
