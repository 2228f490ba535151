#include "bench.hpp"
#include "plugin_host/catalogue.hpp"
#include "plugin_host/hash.hpp"

#include <fstream>

#include <unistd.h>

using namespace sonde;
using namespace sonde::plugin_host;
using namespace sonde::test;
namespace fs = std::filesystem;

namespace {

// A directory of its own that runners of another user can read.
struct Folder {
    Folder()
    {
        std::string name = fs::temp_directory_path() / "sonde-catalogue-XXXXXX";
        path = mkdtemp(name.data());
        fs::permissions(path, fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
    }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;

    void put(const std::string &fixture_name, const std::string &as) const
    {
        fs::copy_file(fixture(fixture_name), path / (as + ".new"));
        fs::rename(path / (as + ".new"), path / as);
    }

    fs::path path;
};

std::string reason_of(const Catalogue &catalogue, const std::string &name)
{
    for (const PluginFile &plugin : catalogue.files())
        if (plugin.file.filename() == name)
            return plugin.ready() ? "ready" : plugin.reason;
    return "not listed";
}

} // namespace

TEST_CASE("a catalogue lists what can be used and names what cannot, with the reason [A10]")
{
    Folder folder;
    folder.put("rows", "rows.so");
    folder.put("abi2", "abi2.so");
    folder.put("no_symbol", "no_symbol.so");
    folder.put("wrong_magic", "wrong_magic.so");
    folder.put("rows", "whole.so");
    fs::resize_file(folder.path / "whole.so", 4000);
    fs::rename(folder.path / "whole.so", folder.path / "damaged.so");
    std::ofstream(folder.path / "text.so") << "this is no plugin\n";
    std::ofstream(folder.path / "README.md") << "not looked at\n";
    std::ofstream(folder.path / ".hidden.so") << "not looked at\n";
    fs::create_directory(folder.path / "folder.so");

    Bench bench;
    Catalogue catalogue(bench.host, {folder.path, folder.path / "none"}, make_log("test", "error").value());
    CHECK(bench.wait(catalogue.scan()));
    CHECK(catalogue.files().size() == 7);
    CHECK(reason_of(catalogue, "rows.so") == "ready");
    for (const char *name : {"abi2.so", "no_symbol.so", "wrong_magic.so", "damaged.so", "text.so", "folder.so"}) {
        INFO(name << ": " << reason_of(catalogue, name));
        CHECK(reason_of(catalogue, name) != "ready");
        CHECK(reason_of(catalogue, name) != "not listed");
        CHECK_FALSE(reason_of(catalogue, name).empty());
    }
    CHECK(catalogue.refused().size() == 6);
    REQUIRE(catalogue.capability_tasks().size() == 1);
    const model::CapabilityTask task = catalogue.capability_tasks()[0];
    CHECK(task.name == "rows");
    CHECK(task.version == "1.0");
    CHECK(task.functions[0].uri == "urn:example:fixture");
    CHECK(task.plugin_hash == hash_file(fixture("rows")).value());
    CHECK(task.plugin_hash.size() == 64);
    CHECK(task.plugin_version == "1.0.0");
    CHECK_FALSE(bench.wait(catalogue.scan()));
}

TEST_CASE("a catalogue sees files come, change and go")
{
    Folder folder;
    Bench bench;
    Keeper keeper;
    Catalogue catalogue(bench.host, {folder.path}, make_log("test", "error").value());
    CHECK_FALSE(bench.wait(catalogue.scan()));

    folder.put("rows", "a.so");
    CHECK(bench.wait(catalogue.scan()));
    RunRequest wanted = request(bench, "rows");
    wanted.plugin = folder.path / "a.so";
    CHECK(bench.wait(bench.host.run(wanted, keeper)).status == 0);

    folder.put("flood", "a.so");
    CHECK(bench.wait(catalogue.scan()));
    REQUIRE(catalogue.methods().size() == 1);
    CHECK(catalogue.methods()[0].method().id == "flood");
    CHECK(bench.wait(bench.host.run(wanted, keeper)).status == kStatusNoMethod);

    std::ofstream(folder.path / "a.so", std::ios::trunc) << "damaged";
    CHECK(bench.wait(catalogue.scan()));
    CHECK(catalogue.methods().empty());
    folder.put("rows", "a.so");
    CHECK(bench.wait(catalogue.scan()));
    CHECK(catalogue.methods().size() == 1);

    fs::remove(folder.path / "a.so");
    CHECK(bench.wait(catalogue.scan()));
    CHECK(catalogue.files().empty());
}

TEST_CASE("a plugin that was refused is looked at again, also when what was amiss lay outside of its file")
{
    Daemon daemon;
    daemon.start();
    const fs::path folder = daemon.folder / "plugins";
    const fs::path plugin = folder / "rows.so";
    fs::create_directory(folder);
    fs::permissions(folder, fs::perms(0777));
    fs::copy_file(fixture("rows"), plugin);
    fs::permissions(plugin, fs::perms(0644));
    Bench bench(daemon.socket);
    Catalogue catalogue(bench.host, {folder}, make_log("test", "error").value());
    bench.run_until([&] {
        bench.wait(catalogue.scan());
        return catalogue.settled();
    });
    CHECK(reason_of(catalogue, "rows.so").find("may be written by everybody") != std::string::npos);
    // Nothing was mended, so there is no news.
    CHECK_FALSE(bench.wait(catalogue.scan()));
    fs::permissions(folder, fs::perms(0755));
    CHECK(bench.wait(catalogue.scan()));
    CHECK(reason_of(catalogue, "rows.so") == "ready");

    fs::permissions(plugin, fs::perms(0666));
    CHECK(bench.wait(catalogue.scan()));
    CHECK(reason_of(catalogue, "rows.so").find("everybody may write it") != std::string::npos);
    fs::permissions(plugin, fs::perms(0644));
    CHECK(bench.wait(catalogue.scan()));
    CHECK(reason_of(catalogue, "rows.so") == "ready");
}

TEST_CASE("the first directory to offer a method has it, and the others are told")
{
    Folder first, second;
    first.put("rows", "z.so");
    second.put("rows", "a.so");
    second.put("flood", "b.so");
    Bench bench;
    Catalogue catalogue(bench.host, {first.path, second.path}, make_log("test", "error").value());
    bench.wait(catalogue.scan());
    REQUIRE(catalogue.methods().size() == 2);
    CHECK(catalogue.find_method("rows").value().file == first.path / "z.so");
    CHECK(catalogue.find_method("flood").value().file == second.path / "b.so");
    REQUIRE(catalogue.refused().size() == 1);
    CHECK(catalogue.refused()[0].reason == "rows is shadowed by " + (first.path / "z.so").string());
}

TEST_CASE("every method of a file is offered [B4]")
{
    Folder folder;
    folder.put("several", "several.so");
    Bench bench;
    Catalogue catalogue(bench.host, {folder.path}, make_log("test", "error").value());
    bench.wait(catalogue.scan(Catalogue::Probing::yes));
    CHECK(catalogue.capability_tasks().size() == 2);
    CHECK(catalogue.find_method("several-one").value().index == 0);
    CHECK(catalogue.find_method("several-two").value().index == 1);
    CHECK(catalogue.refused().empty());
}

TEST_CASE("a method whose probe says that it cannot run here is no capability, with the reason, and is asked again")
{
    Folder folder;
    folder.put("echo", "echo.so");
    folder.put("rows", "rows.so");
    Bench bench;
    Catalogue catalogue(bench.host, {folder.path}, make_log("test", "error").value());
    bench.wait(catalogue.scan());
    CHECK(catalogue.capability_tasks().size() == 2);
    CHECK(bench.wait(catalogue.scan(Catalogue::Probing::yes)));
    REQUIRE(catalogue.capability_tasks().size() == 1);
    CHECK(catalogue.capability_tasks()[0].name == "rows");
    REQUIRE(catalogue.refused().size() == 1);
    CHECK(catalogue.refused()[0].reason == "echo cannot run here: not on this machine");
    CHECK(catalogue.find_method("echo").error() == Error{"", "echo cannot run here", "not on this machine"});
    CHECK_FALSE(bench.wait(catalogue.scan(Catalogue::Probing::yes)));
    CHECK(catalogue.capability_tasks().size() == 1);
}

TEST_CASE("a task finds its method by program or by functions and roles")
{
    Folder folder;
    folder.put("rows", "rows.so");
    folder.put("flood", "flood.so");
    std::ofstream(folder.path / "broken.so") << "no";
    Bench bench;
    Catalogue catalogue(bench.host, {folder.path}, make_log("test", "error").value());
    bench.wait(catalogue.scan());
    model::Task task;
    task.name = "t";
    CHECK_FALSE(catalogue.find_method(task));
    task.functions = {{"urn:example:fixture", {}}};
    CHECK(catalogue.find_method(task).value().method().id == "flood");
    task.functions[0].roles = {"client"};
    CHECK_FALSE(catalogue.find_method(task));
    task.program = "rows";
    CHECK(catalogue.find_method(task).error() ==
          Error{"t", "program rows does not implement urn:example:fixture in all its roles", ""});
    task.functions[0].roles.clear();
    CHECK(catalogue.find_method(task).value().method().id == "rows");
    task.program = "rosw";
    CHECK(catalogue.find_method(task).error().hint == "did you mean 'rows'?");
    CHECK(catalogue.find_method("broken").error().what.find("is refused") != std::string::npos);
}

TEST_CASE("a plugin that fails to load again and again is quarantined, whether it ends the runner or who describes it")
{
    const std::string name = GENERATE("load_crash", "load_later");
    Folder folder;
    folder.put(name, "bad.so");
    folder.put("rows", "rows.so");
    const fs::path bad = folder.path / "bad.so";
    HostSettings settings;
    settings.quarantine.retry = std::chrono::milliseconds(0);
    std::vector<LoadFailures> told;
    settings.load_failed = [&](const fs::path &plugin, const LoadFailures &failures) {
        CHECK(plugin == bad);
        told.push_back(failures);
    };
    Bench bench(settings);
    Catalogue catalogue(bench.host, {folder.path}, quiet_log());
    const auto failures = [&] {
        bench.wait(catalogue.scan());
        CHECK(catalogue.settled());
        CHECK(reason_of(catalogue, "rows.so") == "ready");
        const auto of_host = bench.host.load_failures(bad);
        return of_host ? of_host->count : 0;
    };
    CHECK(failures() == 1);
    const std::string reason = reason_of(catalogue, "bad.so");
#ifdef SONDE_SANITIZED // the sanitizer ends the process in its own way
    CHECK(reason != "ready");
#else
    CHECK(reason.find(name == "load_crash" ? "loading crashed: SIG" : "killed by SIG") != std::string::npos);
#endif
    CHECK(failures() == 2);
    model::Task task;
    task.name = "t";
    task.program = "bad";
    CHECK(catalogue.quarantined(task) == nullptr);
    CHECK(failures() == 3);
    CHECK(reason_of(catalogue, "bad.so").starts_with("quarantined after 3 failed loads in a row, the last: "));
    REQUIRE(catalogue.quarantined(task) != nullptr);
    CHECK(catalogue.quarantined(task)->file == bad);
    REQUIRE(catalogue.refused().size() == 1);
    CHECK(catalogue.refused()[0].reason == told.back().text());
    CHECK(catalogue.look_again() == told.back().again.monotonic);

    // It is left alone now, also by a run.
    CHECK(failures() == 3);
    RunRequest wanted = request(bench, "rows");
    wanted.plugin = bad;
    Keeper keeper;
    const RunResult held = bench.wait(bench.host.run(wanted, keeper));
    CHECK(held.status == kStatusQuarantined);
    CHECK(held.blame == model::Blame::platform);
    CHECK(held.message == bad.string() + ": " + told.back().text());
    CHECK(told.size() == 3);

    CHECK(catalogue.release("good").empty());
    CHECK(catalogue.release("bad") == std::vector<fs::path>{bad});
    CHECK(catalogue.release(bad.string()).empty());
    CHECK(failures() == 1);
    CHECK(failures() == 2);
    CHECK(failures() == 3);
    folder.put("flood", "bad.so");
    CHECK(failures() == 0);
    CHECK(reason_of(catalogue, "bad.so") == "ready");
    CHECK(catalogue.quarantined(task) == nullptr);
    CHECK(catalogue.look_again() == MonotonicTime::max());
}

TEST_CASE("a plugin that cannot be loaded any more for its runs is quarantined by these, and by its methods it is known")
{
    Folder folder;
    folder.put("load_moody", "a.so");
    const fs::path plugin = folder.path / "a.so";
    HostSettings settings;
    settings.quarantine.retry = std::chrono::milliseconds(0);
    Bench bench(settings);
    Catalogue catalogue(bench.host, {folder.path}, quiet_log());
    bench.wait(catalogue.scan());
    model::Task task;
    task.name = "t";
    task.functions = {{"urn:example:fixture", {}}};
    REQUIRE(catalogue.find_method(task));
    Keeper keeper;
    const RunRequest wanted = request_for(bench, plugin);
    CHECK(bench.wait(bench.host.run(wanted, keeper)).status == 0);

    std::ofstream(folder.path / "a.so.moody") << "bad day\n";
    for (const std::int32_t status : {kStatusNoMethod, kStatusNoMethod, kStatusQuarantined, kStatusQuarantined}) {
        bench.host.retire(plugin);
        CHECK(bench.wait(bench.host.run(wanted, keeper)).status == status);
    }
    CHECK(bench.host.load_failures(plugin)->count == 3);
    CHECK(bench.wait(catalogue.scan()));
    CHECK_FALSE(catalogue.find_method(task));
    REQUIRE(catalogue.quarantined(task) != nullptr);
    task.program = "load-moody";
    CHECK(catalogue.quarantined(task) != nullptr);
    task.program = "flood";
    CHECK(catalogue.quarantined(task) == nullptr);

    fs::remove(folder.path / "a.so.moody");
    CHECK(catalogue.release("load-moody") == std::vector<fs::path>{plugin});
    CHECK(bench.wait(catalogue.scan()));
    CHECK(catalogue.find_method("load-moody"));
    CHECK(bench.wait(bench.host.run(wanted, keeper)).status == 0);
}

TEST_CASE("a plugin that hangs when it is loaded holds up no other, and is told of when it is known")
{
    Folder folder;
    folder.put("load_hang", "a.so");
    folder.put("rows", "rows.so");
    HostSettings settings;
    settings.start_timeout = std::chrono::milliseconds(1500);
    Bench bench(settings);
    int news = 0;
    Catalogue catalogue(bench.host, {folder.path}, quiet_log(), [&] { ++news; });
    bench.run_until([&] {
        bench.wait(catalogue.scan(Catalogue::Probing::yes, std::chrono::milliseconds(20)));
        return catalogue.methods().size() == 1;
    });
    if (news == 0) {
        CHECK(reason_of(catalogue, "a.so") == "is being looked at");
        CHECK(catalogue.looking());
        folder.put("flood", "flood.so");
        bench.run_until([&] {
            bench.wait(catalogue.scan(Catalogue::Probing::yes, std::chrono::milliseconds(20)));
            return catalogue.methods().size() == 2;
        });
    }
    bench.run_until([&] { return news > 0; });
    CHECK(bench.wait(catalogue.scan()));
    CHECK(reason_of(catalogue, "a.so").find("it did not start in time") != std::string::npos);
    CHECK(bench.host.load_failures(folder.path / "a.so"));
}
