#include "sqlite/database.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

using namespace sonde;
using namespace sonde::sqlite;

namespace {

const std::vector<std::string> kTexts = {"CREATE TABLE t(i INTEGER PRIMARY KEY, s TEXT)"};

auto insert_text(std::size_t bytes)
{
    return [bytes](Connection &db) { return db.run("INSERT INTO t(s) VALUES(?)", std::string(bytes, 'x')); };
}

Result<std::int64_t> texts(Connection &db)
{
    return db.integer("SELECT count(*) FROM t");
}

} // namespace

TEST_CASE("a file that is no database is refused and left as it is")
{
    const test::TempDir dir;
    const std::string text(5000, 'n');
    std::ofstream(dir / "a.db") << text;
    const auto db = Database::open(dir / "a.db", kTexts);
    REQUIRE_FALSE(db);
    CHECK(db.error().where == (dir / "a.db").string());
    CHECK(db.error().what == "file is not a database");
    CHECK(db.error().hint.find("damaged") != std::string::npos);
    std::ifstream file(dir / "a.db");
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == text);
}

TEST_CASE("a damaged page is found at opening where that is asked for, and at the latest when it is read")
{
    const test::TempDir dir;
    {
        auto db = Database::open(dir / "a.db", kTexts);
        REQUIRE(db);
        for (int i = 0; i < 100; ++i)
            REQUIRE(db->write_and_wait(insert_text(1000)));
    }
    {
        std::fstream file(dir / "a.db", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(3 * 4096);
        file << std::string(4096, '\xff');
    }
    DatabaseOptions options;
    options.check_pages = true;
    const auto checked = Database::open(dir / "a.db", kTexts, options);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().what.find("damaged") != std::string::npos);
    auto unchecked = Database::open(dir / "a.db", kTexts);
    REQUIRE(unchecked);
    const auto read = unchecked->read_and_wait([](Connection &c) { return c.integer("SELECT sum(length(s)) FROM t"); });
    REQUIRE_FALSE(read);
    CHECK(read.error().what == "database disk image is malformed");
}

TEST_CASE("a file of a newer schema version is refused with both versions")
{
    const test::TempDir dir;
    auto newer = kTexts;
    newer.push_back("CREATE TABLE u(i)");
    REQUIRE(Database::open(dir / "a.db", newer));
    const auto db = Database::open(dir / "a.db", kTexts);
    REQUIRE_FALSE(db);
    CHECK(db.error().what == "its schema has version 2, this program knows 1");
    CHECK(db.error().hint.find("newer release") != std::string::npos);
    CHECK(Database::open(dir / "a.db", newer));
}

TEST_CASE("on a full disk a write is an error, what was committed stays, and writes go on once there is room")
{
    const test::TempDir dir;
    auto db = Database::open(dir / "a.db", kTexts);
    REQUIRE(db);
    REQUIRE(db->write_and_wait(insert_text(1000)));
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    rlimit small = before;
    small.rlim_cur = 512 * 1024;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    int stored = 1;
    std::optional<Error> error;
    for (int i = 0; i < 1000 && !error; ++i) {
        const auto written = db->write_and_wait(insert_text(100'000));
        if (written)
            ++stored;
        else
            error = written.error();
    }
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
    REQUIRE(error);
    INFO(to_string(*error));
    CHECK_FALSE(error->hint.empty());
    CHECK(*db->read_and_wait(texts) == stored);
    REQUIRE(db->write_and_wait(insert_text(100'000)));
    CHECK(*db->read_and_wait(texts) == stored + 1);
}

TEST_CASE("a writer killed at any moment leaves whole commits, and none is lost that was told")
{
    const test::TempDir dir;
    REQUIRE(Database::open(dir / "a.db", kTexts));
    std::int64_t told_before = 0;
    for (int round = 0; round < 12; ++round) {
        int told[2];
        REQUIRE(pipe(told) == 0);
        const pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto db = Database::open(dir / "a.db", kTexts);
            for (;;) {
                // Ten rows a commit; the byte says that they are on the disk.
                const auto done = db->write_and_wait([](Connection &c) -> Result<void> {
                    for (int i = 0; i < 10; ++i)
                        if (auto inserted = insert_text(500)(c); !inserted)
                            return inserted.error();
                    return {};
                });
                if (!done || write(told[1], "x", 1) != 1)
                    _exit(1);
            }
        }
        close(told[1]);
        std::int64_t commits = 0;
        char byte = 0;
        while (commits < 1 + round * 3 && read(told[0], &byte, 1) == 1)
            ++commits;
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        CHECK(WIFSIGNALED(status));
        while (read(told[0], &byte, 1) == 1)
            ++commits;
        close(told[0]);

        DatabaseOptions options;
        options.check_pages = true;
        auto db = Database::open(dir / "a.db", kTexts, options);
        REQUIRE(db);
        const auto rows = db->read_and_wait(texts);
        REQUIRE(rows);
        CHECK(*rows % 10 == 0);
        CHECK(*rows >= told_before + commits * 10);
        told_before = *rows;
    }
}
