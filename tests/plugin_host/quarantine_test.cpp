#include "plugin_host/loaded_places.hpp"
#include "plugin_host/quarantine.hpp"

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <fstream>

using namespace sonde;
using namespace sonde::plugin_host;
using namespace std::chrono_literals;

namespace {

// A plugin file, and a clock that a test sets.
struct Suspect {
    sonde::test::TempDir folder;
    std::filesystem::path plugin = folder / "a.so";
    Quarantine quarantine{{3, 1s, 60s, 600s}};
    Now time{WallTime(1'800'000'000s), MonotonicTime(5h)};

    Suspect() { std::ofstream(plugin) << "first"; }

    LoadFailures fail() { return quarantine.failed(plugin, file_state(plugin).value(), "crashed", time); }
    bool held() { return quarantine.held(plugin, time.monotonic) != nullptr; }
    void pass(std::chrono::seconds some)
    {
        time.wall += some;
        time.monotonic += some;
    }
};

} // namespace

TEST_CASE("a plugin that fails to load three times in a row is held, each further time for twice as long")
{
    Suspect it;
    for (unsigned count : {1U, 2U}) {
        const LoadFailures failures = it.fail();
        CHECK(failures.count == count);
        CHECK_FALSE(failures.quarantined);
        CHECK(failures.again.monotonic == it.time.monotonic + 1s);
        CHECK(failures.text() == "crashed");
        CHECK_FALSE(it.held());
        it.pass(1s);
    }
    for (const std::chrono::seconds wait : {60s, 120s, 240s, 480s, 600s, 600s}) {
        const LoadFailures failures = it.fail();
        CHECK(failures.quarantined);
        CHECK(failures.again.monotonic == it.time.monotonic + wait);
        it.pass(wait - 1s);
        CHECK(it.held());
        it.pass(1s);
        CHECK_FALSE(it.held());
    }
    CHECK(it.fail().text() == "quarantined after 9 failed loads in a row, the last: crashed; tried again at "
                              "2027-01-15T08:45:02Z");
}

TEST_CASE("another file, a load that succeeds and a person's word begin anew")
{
    Suspect it;
    const auto quarantine = [&] {
        for (int i = 0; i < 3; ++i)
            it.fail();
        REQUIRE(it.held());
    };
    quarantine();
    SECTION("another file at its path")
    {
        std::ofstream(it.folder / "new") << "first";
        std::filesystem::rename(it.folder / "new", it.plugin);
    }
    SECTION("other bytes in the same file")
    {
        std::ofstream(it.plugin) << "second one";
    }
    SECTION("no file at all")
    {
        std::filesystem::remove(it.plugin);
    }
    SECTION("forgotten")
    {
        CHECK(it.quarantine.forget(it.plugin));
        CHECK_FALSE(it.quarantine.forget(it.plugin));
    }
    CHECK_FALSE(it.held());
    CHECK(it.quarantine.find(it.plugin) == nullptr);
    std::ofstream(it.plugin, std::ios::app) << "more";
    CHECK(it.fail().count == 1);
}

TEST_CASE("files that come and go under ever new names are not remembered for ever")
{
    Suspect it;
    for (int i = 0; i < 100; ++i) {
        const std::filesystem::path next = it.folder / (std::to_string(i) + ".so");
        std::filesystem::rename(it.plugin, next);
        it.plugin = next;
        CHECK(it.fail().count == 1);
        CHECK(it.quarantine.size() == 1);
    }
}

TEST_CASE("what a runner says that it has loaded is looked for among the system's libraries and beside the plugin alone")
{
    const auto loaded = [](const std::string &path) {
        return check_places({{path, 1, 2, 3, 4}}, "/opt/plugins/a.so", {"/srv/data"});
    };
    for (const char *path : {"/usr/lib/x86_64-linux-gnu/libssl.so.3", "/lib/libc.so.6", "/lib64/ld-linux-x86-64.so.2",
                             "/opt/plugins/a.so", "/opt/plugins/lib/b.so", "/srv/data/x"})
        CHECK(loaded(path));
    for (const char *path : {"libc.so.6", "", "/", "/net/hangs/x.so", "/usr/../net/x.so", "/usrlib/x.so", "/opt/plugin/x",
                             "/opt/plugins/../x.so", "/dev/null", "/proc/1/root/usr/lib/x.so"}) {
        INFO(path);
        REQUIRE_FALSE(loaded(path));
        CHECK(loaded(path).error().what == "it has loaded " + std::string(path));
    }
    const std::vector<frames::LoadedFile> many(257, {"/lib/libc.so.6", 1, 2, 3, 4, 5});
    CHECK(check_places(many, "/opt/plugins/a.so", {}).error().what == "it has loaded 257 files");
}

TEST_CASE("a place to read is opened to the process that describes a plugin for a library there, and for nothing else")
{
    const sonde::test::TempDir folder;
    const std::string vendor = folder / "vendor", data = folder / "data";
    std::filesystem::create_directories(vendor + "/lib");
    std::filesystem::create_directories(data);
    std::ofstream(vendor + "/lib/libvendor.so.1") << "x";
    const auto place_of = [&](const std::string &library) {
        return place_of_library("does not load: " + library + ": cannot open shared object file: Permission denied",
                                {data, vendor});
    };
    CHECK(place_of("libvendor.so.1") == vendor);
    CHECK(place_of(vendor + "/lib/libvendor.so.1") == vendor);
    for (const std::string &other : {std::string("libother.so"), std::string(), std::string("/"), data,
                                     std::string("/opt/libvendor.so.1"), std::string("..")}) {
        INFO(other);
        CHECK_FALSE(place_of(other));
    }
    CHECK_FALSE(place_of_library("loading crashed: libvendor.so.1: cannot open shared object file: x", {vendor}));
}
