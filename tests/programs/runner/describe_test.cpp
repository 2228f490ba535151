#include "runner_process.hpp"

#include "support/temp_dir.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

using namespace sonde;
using namespace sonde::test;

namespace {

std::string refusal(const std::string &plugin)
{
    RunnerProcess runner(plugin);
    runner.control.send(frames::Describe{});
    const std::string text = runner.control.expect<frames::DescribeFailed>().text;
    // Whatever the plugin is: the runner is there to say so again.
    runner.control.send(frames::Describe{});
    CHECK(runner.control.expect<frames::DescribeFailed>().text == text);
    return text;
}

} // namespace

TEST_CASE("a runner tells what its plugin says of itself")
{
    RunnerProcess runner(fixture("echo"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    CHECK(description.name == "echo");
    CHECK(description.version == "1.0.0");
    CHECK(description.licence == "Apache-2.0");
    REQUIRE(description.methods.size() == 1);
    const frames::MethodDescription &method = description.methods[0];
    CHECK(method.id == "echo");
    CHECK(method.has_probe);
    CHECK(method.functions[0].uri == "urn:example:fixture");
    REQUIRE(method.options.size() == 4);
    CHECK(method.options[0].required);
    CHECK(method.options[0].target);
    CHECK(method.options[1].list);
    CHECK(method.options[2].words == std::vector<std::string>{"plain", "fancy"});
    CHECK_FALSE(method.options[3].default_value);
    CHECK(method.tables[0].columns[1].nullable);
    CHECK(method.statuses[0].code == 7);
    CHECK(method.statuses[0].blame == SONDE_BLAME_TARGET);
    CHECK_FALSE(method.traffic_bound);
    CHECK(method.parameters == std::vector<std::string>{"contract", "technology"});
    CHECK(description.manual.empty());
}

TEST_CASE("a runner tells which files it has loaded, as they are on the disk")
{
    RunnerProcess runner(fixture("rows"));
    runner.control.send(frames::Describe{});
    const auto files = runner.control.expect<frames::Description>().files;
    const auto ends_in = [](const std::string &name) {
        return [name](const frames::LoadedFile &file) { return file.path.ends_with(name); };
    };
    CHECK(std::count_if(files.begin(), files.end(), ends_in("/libc.so.6")) == 1);
    CHECK(std::count_if(files.begin(), files.end(), ends_in("/rows.so")) == 1);
    for (const frames::LoadedFile &file : files)
        CHECK(frames::loaded_file(file.path) == file);
}

TEST_CASE("a plugin brings several methods, a manual, and a need that this host can meet")
{
    RunnerProcess runner(fixture("several"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    REQUIRE(description.methods.size() == 2);
    CHECK(description.methods[0].id == "several-one");
    CHECK(description.methods[1].id == "several-two");
    CHECK(description.manual == "# Several\n\nCounts methods.\n");
    CHECK(description.required_extensions == std::vector<std::string>{"sonde.listen/1"});
}

TEST_CASE("a file that is no plugin is refused in a few words that say what it is")
{
    const TempDir directory;
    const auto path = directory.path() / "plugin.so";
    std::ofstream(path) << "#!/bin/sh\necho I am a text\n";
    CHECK(refusal(path) == "not a shared object");
    std::ofstream(path, std::ios::trunc).close();
    CHECK(refusal(path) == "not a shared object");
    CHECK(refusal(directory.path()) == "not a file");
    CHECK(refusal("/nonexistent.so") == "cannot be read: No such file or directory");
    CHECK(refusal(fixture("no_symbol")) == "exports no sonde_plugin_v1");
    CHECK(refusal(fixture("borrowed")) == "exports no sonde_plugin_v1");
    CHECK(refusal(RUNNER) == "exports no sonde_plugin_v1");
}

TEST_CASE("a plugin of another ABI is refused with both versions")
{
    CHECK(refusal(fixture("abi2")) == "built for ABI 2, this host speaks 1.0");
    CHECK(refusal(fixture("wrong_magic")) == "built for ABI 2, this host speaks 1.0");
    CHECK(refusal(fixture("no_prefix")) ==
          "its sonde_plugin_v1 does not begin with SONDE_MAGIC (begin it with SONDE_PREFIX)");
}

TEST_CASE("a plugin that breaks the rules of its description is refused with the place")
{
    CHECK(refusal(fixture("bad_id")).starts_with("name: 'Bad Id' is no id"));
    CHECK(refusal(fixture("no_size")) == "no-size/options: a struct says it has 0 bytes (begin it with SONDE_SIZE)");
    CHECK(refusal(fixture("needs_extension")) ==
          "needs-extension: needs 'example.telepathy/1', which this host does not have");
}

TEST_CASE("a plugin that cannot be loaded is refused and does no harm")
{
    CHECK(refusal(fixture("load_undefined")) == "does not load: undefined symbol: sonde_function_of_nobody");
    CHECK(refusal(fixture("load_crash")) == "loading crashed: SIGABRT");
}

TEST_CASE("a plugin that starts a thread when it is loaded is loaded anew for each run", "[no-sanitizer]")
{
    RunnerProcess runner(fixture("load_thread"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    CHECK(description.cold);
    CHECK(std::none_of(description.files.begin(), description.files.end(),
                       [](const frames::LoadedFile &file) { return file.path.ends_with("/load_thread.so"); }));
    for (int i = 0; i < 2; ++i) {
        const Finished finished = finish(runner);
        CHECK(finished.told.rows == std::vector<std::vector<std::string>>{{"1", "odd", "1000"}});
        CHECK(finished.told.done == 0);
        CHECK(finished.wait_status == 0);
    }
    Run probe(runner, frames::Probe{7, 0});
    CHECK(listen(probe, description.methods[0]).done == 0);
}

TEST_CASE("a description with a pointer to nowhere crashes only the process that reads it")
{
    CHECK(refusal(fixture("bad_pointer")) == "the description crashed: SIGSEGV");
}

TEST_CASE("structs of a later header are read as far as this host knows them")
{
    RunnerProcess runner(fixture("future"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    CHECK(description.abi_minor == 7);
    CHECK(description.methods[0].options[0].default_value == "5");
    CHECK(description.methods[0].statuses[0].blame == 99);
    CHECK(description.manual == "Not yet.\n");
    const Finished finished = finish(runner, {integer(5)});
    CHECK(finished.told.rows == std::vector<std::vector<std::string>>{{"5", "odd", "5000"}});
}

TEST_CASE("a plugin cut off anywhere is refused")
{
    std::ifstream in(fixture("rows"), std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), {});
    const TempDir directory;
    const auto path = directory.path() / "cut.so";
    for (std::size_t size = 1; size < whole.size(); size += whole.size() / 24) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
        CAPTURE(size);
        RunnerProcess runner(path);
        runner.control.send(frames::Describe{});
        CHECK_FALSE(runner.control.expect<frames::DescribeFailed>().text.empty());
    }
}

TEST_CASE("bytes changed anywhere in a plugin's file never end the runner", "[no-sanitizer]")
{
    std::ifstream in(fixture("rows"), std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), {});
    const TempDir directory;
    const auto path = directory.path() / "damaged.so";
    std::mt19937 random(3);
    for (int round = 0; round < 40; ++round) {
        std::string damaged = whole;
        for (int i = 0; i < 20; ++i)
            damaged[random() % std::min<std::size_t>(damaged.size(), round % 2 == 0 ? 1024 : damaged.size())] =
                static_cast<char>(random());
        std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged;
        CAPTURE(round);
        RunnerProcess runner(path);
        runner.control.send(frames::Describe{});
        CHECK(runner.control.next());
    }
}
