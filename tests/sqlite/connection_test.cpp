#include "sqlite/connection.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <sqlite3.h>

using namespace sonde;
using namespace sonde::sqlite;
using namespace std::chrono_literals;

namespace {

Connection open(const std::filesystem::path &file)
{
    auto connection = Connection::open(file, Connection::Mode::create, 100ms);
    return std::move(connection.value());
}

} // namespace

TEST_CASE("values come back as they were bound")
{
    const test::TempDir dir;
    auto db = open(dir / "a.db");
    REQUIRE(db.script("CREATE TABLE t(i, d, s, n, e, u, w)"));
    const auto id = random_uuid();
    const WallTime when{1'789'000'000'123'456'789ns};
    const std::string with_nul("a\0b", 3);
    REQUIRE(db.run("INSERT INTO t VALUES(?,?,?,?,?,?,?)", -1, 0.5, with_nul, std::optional<int>(), "", to_string(id),
                   when));
    auto rows = db.query("SELECT * FROM t");
    REQUIRE(rows.next());
    CHECK(rows.integer(0) == -1);
    CHECK(rows.real(1) == 0.5);
    CHECK(rows.text(2) == with_nul);
    CHECK(rows.null(3));
    CHECK_FALSE(rows.optional_time(3));
    CHECK_FALSE(rows.null(4));
    CHECK(rows.text(4).empty());
    CHECK(rows.uuid(5) == id);
    CHECK(rows.time(6) == when);
    CHECK(rows.uuid(2).is_nil());
    CHECK_FALSE(rows.next());
    CHECK_FALSE(rows.next()); // and does not start again
    CHECK(rows.end());
}

TEST_CASE("a query within the rows of the same query has rows of its own")
{
    const test::TempDir dir;
    auto db = open(dir / "a.db");
    REQUIRE(db.script("CREATE TABLE t(i); INSERT INTO t VALUES(1),(2),(3)"));
    int pairs = 0;
    const char *sql = "SELECT i FROM t";
    auto outer = db.query(sql);
    while (outer.next()) {
        auto inner = db.query(sql);
        while (inner.next())
            ++pairs;
    }
    CHECK(pairs == 9);
}

TEST_CASE("a connection that rests gives back its memory, and goes on as before")
{
    const test::TempDir dir;
    auto db = open(dir / "a.db");
    REQUIRE(db.script("CREATE TABLE t(x)"));
    for (int i = 0; i < 20; ++i)
        REQUIRE(db.run("INSERT INTO t VALUES(?)", std::string(5'000, 'x')));
    const auto all = [&] { return *db.integer("SELECT sum(length(x)) FROM t"); };
    CHECK(all() == 100'000);
    const auto before = sqlite3_memory_used();
    db.rest();
    CHECK(sqlite3_memory_used() < before - 50'000);
    CHECK(all() == 100'000);
    auto rows = db.query("SELECT x FROM t");
    REQUIRE(rows.next());
    db.rest(); // what is read still is its own
    CHECK(rows.text(0).size() == 5'000);
    CHECK(rows.next());
}

TEST_CASE("a wrong statement is an error with the file's name, and the connection stays usable")
{
    const test::TempDir dir;
    auto db = open(dir / "a.db");
    const auto error = db.run("INSERT INTO nowhere VALUES(1)").error();
    CHECK(error.where == (dir / "a.db").string());
    CHECK(error.what == "no such table: nowhere");
    auto rows = db.query("SELEKT");
    CHECK_FALSE(rows.next());
    CHECK_FALSE(rows.end());
    CHECK_FALSE(db.run("SELECT ?", 1, 2)); // one parameter, two values
    REQUIRE(db.script("CREATE TABLE t(i UNIQUE)"));
    REQUIRE(db.run("INSERT INTO t VALUES(?)", 1));
    CHECK_FALSE(db.run("INSERT INTO t VALUES(?)", 1));
    CHECK(db.run("INSERT INTO t VALUES(?)", 2));
    CHECK(*db.integer("SELECT count(*) FROM t") == 2);
    CHECK(*db.integer("SELECT i FROM t WHERE i = ?", 7) == 0);
}

TEST_CASE("a file in a directory that does not exist is refused with a hint")
{
    const test::TempDir dir;
    const auto missing = Connection::open(dir / "none/a.db", Connection::Mode::create, 0ms);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().what == "unable to open database file");
    CHECK_FALSE(missing.error().hint.empty());
}
