#include "bench.hpp"

#include "frames/socket.hpp"
#include "plugin_host/hash.hpp"
#include "plugin_host/input_collector.hpp"
#include "plugin_host/long_lists.hpp"
#include "support/children.hpp"
#include "support/temp_dir.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>
#include <utility>

#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace sonde;
using namespace sonde::plugin_host;
using namespace sonde::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// Short graces, so that what will not stop does not hold up the tests.
HostSettings hasty()
{
    HostSettings settings;
    settings.cancel_grace = 100ms;
    settings.term_grace = 100ms;
    return settings;
}

MonotonicTime in(std::chrono::nanoseconds time)
{
    return now().monotonic + time;
}

// Keeps rows of two strings, null as "-".
struct Words : RowSink {
    void row(std::uint32_t, std::span<const sonde_cell> cells) override
    {
        const auto text = [](const sonde_cell &cell) {
            return cell.type == SONDE_NULL ? "-" : std::string(static_cast<const char *>(cell.v.p), cell.size);
        };
        rows.emplace_back(text(cells[0]), text(cells[1]));
    }

    std::vector<std::pair<std::string, std::string>> rows;
};

} // namespace

TEST_CASE("a run's rows, log, progress and traffic arrive")
{
    Bench bench;
    Keeper keeper;
    const RunResult result = bench.wait(bench.host.run(request(bench, "rows", {{"count", "5"}}), keeper));
    CHECK(result.status == 0);
    CHECK(result.message.empty());
    CHECK(result.rows == 5);
    CHECK(keeper.numbers == std::vector<std::int64_t>{0, 1, 2, 3, 4});
    CHECK(result.sent_bytes == 500);
    CHECK(result.received_bytes == 250);
    CHECK(keeper.lines == std::vector<std::string>{"5 rows"});
    CHECK(keeper.progressed == std::pair<std::uint64_t, std::uint64_t>{5, 5});
    CHECK(result.started.monotonic <= result.ended.monotonic);
    CHECK(bench.host.runners() == 1);
}

TEST_CASE("a crash is a negative status with the rows before it, and the next run works")
{
    Bench bench;
    Keeper keeper;
    const RunResult crashed = bench.wait(bench.host.run(request(bench, "crash"), keeper));
    CHECK(crashed.status == -SIGSEGV);
    CHECK(crashed.message.find("SIGSEGV") != std::string::npos);
    CHECK(crashed.blame == model::Blame::agent);
    CHECK(keeper.numbers == std::vector<std::int64_t>{1});
    const RunResult again = bench.wait(bench.host.run(request(bench, "crash"), keeper));
    CHECK(again.status == -SIGSEGV);
    CHECK(bench.wait(bench.host.run(request(bench, "rows"), keeper)).status == 0);
}

TEST_CASE("what a method says of its failure is its status; what it may not say breaks the rules")
{
    Bench bench;
    Keeper keeper;
    const auto fails = [&](const char *how) {
        return bench.wait(bench.host.run(request(bench, "fails", {{"how", how}}), keeper));
    };
    const RunResult once = fails("once");
    CHECK(once.status == 7);
    CHECK(once.message == "no answer from there");
    CHECK(once.blame == model::Blame::target);
    CHECK(once.rows == 2);
    const RunResult twice = fails("twice");
    CHECK(twice.status == 8);
    CHECK(twice.message == "first");
    CHECK(fails("returned").status == 7);
    CHECK(fails("undeclared").status == kStatusBrokeRules);
    CHECK(fails("unknown").status == kStatusBrokeRules);
    CHECK(fails("latin").status != 0);
}

TEST_CASE("a row against the declaration, or a count that cannot be, ends the run with what was wrong and keeps the "
          "rows before")
{
    Bench bench;
    for (const char *how : {"type", "null", "word", "cells", "table", "text", "bytes"}) {
        INFO(how);
        Keeper keeper;
        const RunResult result = bench.wait(bench.host.run(request(bench, "wrong_row", {{"how", how}}), keeper));
        CHECK(result.status == kStatusBrokeRules);
        CHECK_FALSE(result.message.empty());
        REQUIRE_FALSE(keeper.numbers.empty());
        CHECK(keeper.numbers[0] == 1);
        CHECK(result.sent_bytes == 0);
    }
}

TEST_CASE("each method of a file runs, and knows which one it is")
{
    Bench bench;
    for (std::uint32_t method : {0u, 1u}) {
        Keeper keeper;
        CHECK(bench.wait(bench.host.run(request(bench, "several", {}, method), keeper)).status == 0);
        CHECK(keeper.numbers == std::vector<std::int64_t>{method + 1});
    }
    CHECK(bench.host.runners() == 1);
}

TEST_CASE("a method gets of what is allowed only the parameters that it declares [F2]")
{
    Bench bench;
    Words words;
    RunRequest wanted = request(bench, "echo", {{"target", "127.0.0.1"}});
    wanted.parameters = {{"contract", "100 Mb/s"}, {"address", "1 High Street"}};
    CHECK(bench.wait(bench.host.run(wanted, words)).status == 0);
    const auto has = [&](const std::string &name) {
        return std::any_of(words.rows.begin(), words.rows.end(), [&](const auto &row) { return row.first == name; });
    };
    CHECK(has("contract"));
    CHECK_FALSE(has("address"));
    CHECK_FALSE(has("technology"));
}

TEST_CASE("a name whose address was judged before means that address in the run, and nobody is asked")
{
    Bench bench;
    Words words;
    RunRequest wanted = request(bench, "echo", {{"target", "hop-4.path.invalid"}});
    wanted.known_names = {{"hop-4.path.invalid", {6, {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 1}}};
    CHECK(bench.wait(bench.host.run(wanted, words)).status == 0);
    using Row = std::pair<std::string, std::string>;
    CHECK(std::count(words.rows.begin(), words.rows.end(), Row{"resolved", "0"}) == 1);
    CHECK(std::count(words.rows.begin(), words.rows.end(), Row{"resolved-family", "6"}) == 1);
}

TEST_CASE("the rows of one run are the input of another, whole and typed [A5]")
{
    Bench bench;
    const RunRequest rows = request(bench, "rows", {{"count", "20000"}});
    InputCollector collector(rows.description->methods[0]);
    REQUIRE(bench.wait(bench.host.run(rows, collector)).status == 0);
    Words words;
    RunRequest wanted = request(bench, "input");
    wanted.inputs = collector.inputs();
    CHECK(bench.wait(bench.host.run(wanted, words)).status == 0);
    REQUIRE(words.rows.size() == 60000);
    using Row = std::pair<std::string, std::string>;
    CHECK(words.rows[0] == Row{"rows/sample/number", "0"});
    CHECK(words.rows[1] == Row{"rows/sample/word", "even"});
    CHECK(words.rows[59999] == Row{"rows/sample/elapsed", "19999000"});
    // Without input there is none, and a method that takes none is given none.
    words.rows.clear();
    CHECK(bench.wait(bench.host.run(request(bench, "input"), words)).status == 0);
    CHECK(words.rows.empty());
    RunRequest deaf = request(bench, "echo", {{"target", "127.0.0.1"}});
    deaf.inputs = collector.inputs();
    CHECK(bench.wait(bench.host.run(deaf, words)).status == 0);
    CHECK(std::count(words.rows.begin(), words.rows.end(), Row{"inputs", "0"}) == 1);
}

TEST_CASE("rows beyond what a run can take as input stop the run that makes them")
{
    Bench bench;
    const RunRequest flood = request(bench, "flood", {{"count", "1000000000"}});
    InputCollector collector(flood.description->methods[0]);
    const RunResult result = bench.wait(bench.host.run(flood, collector));
    CHECK(result.status == kStatusNoStorage);
    CHECK(result.message.find("too many to be another run's input") != std::string::npos);
}

TEST_CASE("more input than a process has to hold is refused before anything runs")
{
    Bench bench;
    const RunRequest rows = request(bench, "rows", {{"count", "100000"}});
    InputCollector collector(rows.description->methods[0]);
    REQUIRE(bench.wait(bench.host.run(rows, collector)).status == 0);
    RunRequest wanted = request(bench, "input");
    for (std::size_t bytes = 0; bytes <= kInputBytesMax; bytes += collector.inputs()[0]->bytes())
        wanted.inputs.push_back(collector.inputs()[0]);
    Words words;
    const RunResult result = bench.wait(bench.host.run(wanted, words));
    CHECK(result.status == kStatusBadOptions);
    CHECK(result.message.find("and may have 16777216") != std::string::npos);
    CHECK(words.rows.empty());
}

TEST_CASE("a list that is longer than a packet arrives whole; what no process should hold is refused")
{
    Bench bench;
    RunRequest wanted = request(bench, "echo", {{"target", "192.0.2.1"}});
    frames::OptionValue &ports = wanted.arguments.values[1];
    ports.list = true;
    std::vector<std::string> expected, items;
    for (std::int64_t port = 1; port <= 10000; ++port) {
        ports.items.push_back({port, 0, ""});
        expected.push_back(std::to_string(port));
    }
    Words words;
    CHECK(bench.wait(bench.host.run(wanted, words)).status == 0);
    for (const auto &[what, value] : words.rows)
        if (what == "item")
            items.push_back(value);
    CHECK(items == expected);

    ports.items.resize(kOptionBytesMax / 16);
    Words none;
    const RunResult refused = bench.wait(bench.host.run(wanted, none));
    CHECK(refused.status == kStatusBadOptions);
    CHECK(refused.message.find("and may have 4194304") != std::string::npos);
    CHECK(none.rows.empty());
}

TEST_CASE("a method that declares it listens on a port of its own or the system's choice, and no other")
{
    Bench bench;
    const auto listen = [&](const char *kind, const std::string &port, std::uint32_t method = 0) {
        Keeper keeper;
        const RunResult result =
            bench.wait(bench.host.run(request(bench, "listen", {{"kind", kind}, {"port", port}}, method), keeper));
        INFO(result.message);
        CHECK(result.status == (method == 0 ? 0 : 7));
        return keeper.numbers.empty() ? result.message : std::to_string(keeper.numbers[0]);
    };
    const std::string drawn = listen("tcp", "0");
    CHECK(listen("tcp", drawn) == drawn);
    CHECK(listen("udp", "0") != "0");
    CHECK(listen("tcp", "0", 1) == "Operation not permitted");
}

TEST_CASE("an exclusive method has the line to itself, and a run that cannot wait so long says so")
{
    Bench bench;
    Keeper alone, other, late;
    RunRequest first = request(bench, "alone", {{"pause", "1h"}});
    first.canceller = std::make_shared<Canceller>();
    auto running = bench.begin(bench.host.run(first, alone));
    bench.run_until([&] { return !alone.numbers.empty(); });
    // `rows` is active, so it waits; one that only observes does not.
    auto waiting = bench.begin(bench.host.run(request(bench, "rows"), other));
    Keeper passive;
    CHECK(bench.wait(bench.host.run(request(bench, "several"), passive)).status == 0);
    RunRequest hurried = request(bench, "rows");
    hurried.deadline = in(2s);
    const RunResult given_up = bench.wait(bench.host.run(hurried, late));
    CHECK(given_up.status == kStatusTimeout);
    CHECK(given_up.message == "its deadline passed before its turn on the line came");
    RunRequest cancelled = request(bench, "rows");
    cancelled.canceller = std::make_shared<Canceller>();
    auto unwanted = bench.begin(bench.host.run(cancelled, late));
    cancelled.canceller->cancel();
    CHECK(bench.end(unwanted).status == kStatusCancelled);
    CHECK(other.numbers.empty());
    CHECK(late.numbers.empty());
    first.canceller->cancel();
    CHECK(bench.end(running).status == kStatusCancelled);
    CHECK(bench.end(waiting).status == 0);
    CHECK_FALSE(other.numbers.empty());
}

TEST_CASE("garbage in place of frames ends that run and nothing else")
{
    Bench bench;
    Keeper keeper;
    const RunResult result = bench.wait(bench.host.run(request(bench, "garbage"), keeper));
    CHECK(result.status != 0);
    CHECK_FALSE(result.message.empty());
    CHECK(bench.wait(bench.host.run(request(bench, "rows"), keeper)).status == 0);
}

TEST_CASE("forged frames and exits are that run's failure, and nothing of it is left behind")
{
    Bench bench(hasty());
    Keeper keeper;
    int run = 1; // the process that describes the plugin beforehand
    const auto forge = [&](const char *how) {
        // Runners and runs are counted together, from one on, and each run here has a runner of its own.
        run += 2;
        RunRequest wanted = request(bench, "forger", {{"how", how}, {"whom", std::to_string(run)}});
        wanted.deadline = in(20s);
        keeper.numbers.clear();
        const RunResult result = bench.wait(bench.host.run(wanted, keeper));
        INFO(how << ": " << result.message);
        CHECK(keeper.numbers == std::vector<std::int64_t>{1});
        CHECK(result.blame == model::Blame::agent);
        CHECK(result.ended.monotonic < *wanted.deadline);
        bench.host.retire(fixture("forger"));
        const auto launchers = children_of(getpid());
        REQUIRE(launchers.size() == 1);
        bench.run_until([&] { return runners_of(launchers[0]).empty(); });
        return std::pair(result.status, result.message);
    };
    using Said = std::pair<std::int32_t, std::string>;
    CHECK(forge("own-end") == Said(kStatusBrokeRules, "forger was said to have ended, and holds its socket still"));
    const std::string runner = "the runner of forger.so: ";
    CHECK(forge("ends") == Said(kStatusRunnerDied, runner + "it spoke of a run's end that nobody waits for"));
    CHECK(forge("starts") == Said(kStatusRunnerDied, runner + "it spoke of a run's start that nobody waits for"));
    CHECK(forge("no-plugin").first == kStatusRunnerDied);
    CHECK(forge("foreign").second.find("it belongs to another conversation") != std::string::npos);
    CHECK(forge("other-table").second.find("a table that it does not declare") != std::string::npos);
    CHECK(forge("status") == Said(kStatusBrokeRules, "forger returned 77, which is none of its statuses"));
    CHECK(forge("packet").second.find("a packet longer than") != std::string::npos);
    CHECK(forge("descriptors").second.find("more descriptors than the 0 expected") != std::string::npos);
    CHECK(bench.wait(bench.host.run(request(bench, "rows"), keeper)).status == 0);
}

TEST_CASE("a row that is too long ends the run with what was wrong and keeps the rows before")
{
    Bench bench;
    Keeper keeper;
    const RunResult result = bench.wait(bench.host.run(request(bench, "huge"), keeper));
    CHECK(result.status == kStatusBrokeRules);
    CHECK(result.message.find("a row of 60032 bytes") != std::string::npos);
    CHECK(keeper.numbers == std::vector<std::int64_t>{1});
}

TEST_CASE("a process that ends without a result has none")
{
    Bench bench;
    Keeper keeper;
    const RunResult result = bench.wait(bench.host.run(request(bench, "leave"), keeper));
    CHECK(result.status == kStatusNoResult);
    CHECK(result.message.find("ended with status 0") != std::string::npos);
    const RunResult aborted = bench.wait(bench.host.run(request(bench, "abort"), keeper));
    CHECK(aborted.status == 7);
    CHECK(aborted.message == "giving up");
}

TEST_CASE("what does not stop at its deadline is terminated, and what ignores that is killed")
{
    for (const char *name : {"hang", "stubborn"}) {
        INFO(name);
        Bench bench(hasty());
        Keeper keeper;
        RunRequest wanted = request(bench, name);
        wanted.deadline = in(300ms);
        const RunResult result = bench.wait(bench.host.run(wanted, keeper));
        CHECK(result.status == kStatusTimeout);
        CHECK(result.message.find("did not stop when asked") != std::string::npos);
        CHECK(keeper.numbers == std::vector<std::int64_t>{1});
        CHECK(result.ended.monotonic >= *wanted.deadline);
        CHECK(result.ended.monotonic - *wanted.deadline < 30s);
        CHECK(bench.wait(bench.host.run(request(bench, "rows"), keeper)).status == 0);
    }
}

TEST_CASE("a method that obeys its deadline keeps its rows, and has timed out all the same")
{
    Bench bench;
    Keeper keeper;
    RunRequest wanted = request(bench, "rows", {{"count", "1000"}, {"interval", "20ms"}});
    wanted.deadline = in(200ms);
    const RunResult result = bench.wait(bench.host.run(wanted, keeper));
    CHECK(result.status == kStatusTimeout);
    CHECK(result.message == "its deadline passed");
    CHECK(result.rows >= 1);
    CHECK(result.rows < 1000);
}

TEST_CASE("a run is cancelled by its canceller and keeps what it has")
{
    Bench bench;
    Keeper keeper;
    RunRequest wanted = request(bench, "rows", {{"count", "1000"}, {"interval", "20ms"}});
    wanted.canceller = std::make_shared<Canceller>();
    auto run = bench.begin(bench.host.run(wanted, keeper));
    bench.run_until([&] { return keeper.numbers.size() >= 2; });
    wanted.canceller->cancel();
    const RunResult result = bench.end(run);
    CHECK(result.status == kStatusCancelled);
    CHECK(result.rows >= 2);
    CHECK(result.rows < 1000);

    const RunResult before = bench.wait(bench.host.run(wanted, keeper));
    CHECK(before.status == kStatusCancelled);
    CHECK(before.rows == 0);
}

TEST_CASE("a run that is handed over ahead of its time begins at its time, or never if it is cancelled first")
{
    Bench bench;
    Keeper keeper;
    RunRequest wanted = request(bench, "rows");
    wanted.not_before = in(50ms);
    const RunResult punctual = bench.wait(bench.host.run(wanted, keeper));
    CHECK(punctual.status == 0);
    CHECK(punctual.began);
    CHECK(punctual.started.monotonic >= wanted.not_before);

    wanted.not_before = in(1h);
    wanted.canceller = std::make_shared<Canceller>();
    auto run = bench.begin(bench.host.run(wanted, keeper));
    bench.loop.restart();
    bench.loop.run_for(100ms);
    wanted.canceller->cancel();
    const RunResult cancelled = bench.end(run);
    CHECK(cancelled.status == kStatusCancelled);
    CHECK_FALSE(cancelled.began);
    CHECK(cancelled.started.monotonic == wanted.not_before);
    CHECK(now().monotonic < wanted.not_before);
    // Nobody thinks that its plugin does not bear a fork.
    const auto described = bench.wait(bench.host.describe(wanted.plugin));
    REQUIRE(described);
    CHECK_FALSE(described->description->cold);
}

TEST_CASE("cancelling the coroutine ends the run in order and gives its result")
{
    Bench bench;
    Keeper keeper;
    asio::cancellation_signal signal;
    RunRequest wanted = request(bench, "rows", {{"count", "1000"}, {"interval", "20ms"}});
    std::optional<RunResult> result;
    asio::co_spawn(bench.loop, bench.host.run(wanted, keeper),
                   asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr &failure, RunResult given) {
                       CHECK_FALSE(failure);
                       result = given;
                   }));
    bench.run_until([&] { return keeper.numbers.size() >= 2; });
    signal.emit(asio::cancellation_type::terminal);
    bench.run_until([&] { return result.has_value(); });
    CHECK(result->status == kStatusCancelled);
    CHECK(result->rows >= 2);
}

TEST_CASE("two runs at once share a runner and do not disturb each other")
{
    Bench bench;
    Keeper slow, quick;
    auto first = bench.begin(bench.host.run(request(bench, "rows", {{"count", "20"}, {"interval", "10ms"}}), slow));
    auto second = bench.begin(bench.host.run(request(bench, "rows", {{"count", "3"}}), quick));
    CHECK(bench.end(second).rows == 3);
    CHECK(bench.end(first).rows == 20);
    CHECK(bench.host.runners() == 1);
}

namespace {

// Takes a moment for some of the batches.
struct SlowKeeper : Keeper {
    explicit SlowKeeper(const asio::any_io_executor &executor) : timer(executor) {}
    asio::awaitable<Result<void>> batch_end() override
    {
        ++batches;
        if (batches % 8 == 0) {
            timer.expires_after(5ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_return Result<void>{};
    }
    asio::steady_timer timer;
    int batches = 0;
};

struct FullKeeper : Keeper {
    asio::awaitable<Result<void>> batch_end() override
    {
        Result<void> full = Error{"disk", "is full", ""};
        co_return full;
    }
};

struct ThrowingKeeper : Keeper {
    void row(std::uint32_t, std::span<const sonde_cell>) override { throw std::runtime_error("no memory"); }
};

} // namespace

TEST_CASE("a slow receiver slows the run and loses nothing")
{
    Bench bench;
    SlowKeeper keeper(bench.loop.get_executor());
    const RunResult result = bench.wait(bench.host.run(request(bench, "flood", {{"count", "200000"}}), keeper));
    CHECK(result.status == 0);
    CHECK(result.rows == 200'000);
    CHECK(keeper.numbers.back() == 199'999);
    CHECK(keeper.batches > 8);
}

TEST_CASE("a receiver that cannot take rows ends the run")
{
    Bench bench;
    FullKeeper full;
    const RunResult result = bench.wait(bench.host.run(request(bench, "flood"), full));
    CHECK(result.status == kStatusNoStorage);
    CHECK(result.message == "disk: is full");
    ThrowingKeeper throwing;
    CHECK(bench.wait(bench.host.run(request(bench, "flood"), throwing)).status == kStatusNoStorage);
}

TEST_CASE("sockets of every kind reach the method, or the reason why not")
{
    Bench bench;
    Keeper keeper;
    const auto udp = bench.wait(bench.host.run(request(bench, "sockets", {{"kind", "1"}, {"count", "64"}}), keeper));
    CHECK(udp.status == 0);
    CHECK(udp.rows == 64);
    const bool privileged = bool(frames::Descriptor(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP)));
    const auto icmp = bench.wait(bench.host.run(request(bench, "sockets", {{"kind", "3"}}), keeper));
    CHECK(icmp.status == (privileged ? 0 : 7));
    const auto capture =
        bench.wait(bench.host.run(request(bench, "sockets", {{"kind", "4"}, {"interface", "lo"}}), keeper));
    CHECK(capture.status == (privileged ? 0 : 7));
    const auto unknown = bench.wait(bench.host.run(request(bench, "sockets", {{"kind", "9"}}), keeper));
    CHECK(unknown.status == 7);
}

TEST_CASE("a runner that is killed takes its runs with it, and the next run gets a new one")
{
    Bench bench;
    Keeper keeper;
    auto run = bench.begin(bench.host.run(request(bench, "rows", {{"count", "1000"}, {"interval", "20ms"}}), keeper));
    bench.run_until([&] { return !keeper.numbers.empty(); });
    const auto launchers = children_of(getpid());
    REQUIRE(launchers.size() == 1);
    // The one that has described the plugin may still be going.
    std::vector<pid_t> runners;
    bench.run_until([&] { return (runners = runners_of(launchers[0])).size() == 1; });
    REQUIRE(kill(runners[0], SIGKILL) == 0);
    const RunResult result = bench.end(run);
    CHECK(result.status == kStatusRunnerDied);
    CHECK(result.blame == model::Blame::agent);
    CHECK_FALSE(keeper.numbers.empty());
    CHECK(bench.wait(bench.host.run(request(bench, "rows"), keeper)).status == 0);
}

TEST_CASE("a launcher that is killed takes the runs with it, and the next run gets a new one")
{
    Bench bench;
    Keeper keeper;
    auto run = bench.begin(bench.host.run(request(bench, "rows", {{"count", "1000"}, {"interval", "20ms"}}), keeper));
    bench.run_until([&] { return !keeper.numbers.empty(); });
    const auto launchers = children_of(getpid());
    REQUIRE(launchers.size() == 1);
    REQUIRE(kill(launchers[0], SIGKILL) == 0);
    const RunResult result = bench.end(run);
    CHECK(result.status == kStatusNoLauncher);
    CHECK(result.blame == model::Blame::agent);
    CHECK(bench.wait(bench.host.run(request(bench, "rows"), keeper)).status == 0);
}

TEST_CASE("a daemon that goes and comes back is used again")
{
    Daemon daemon;
    // Where a daemon takes it from, whoever may write the folders of the build.
    const std::filesystem::path plugin = daemon.folder / "rows.so";
    std::filesystem::copy_file(fixture("rows"), plugin);
    std::filesystem::permissions(plugin, std::filesystem::perms(0644));
    Bench bench(daemon.socket);
    Keeper keeper;
    const auto described = [&] { return bool(bench.wait(bench.host.describe(plugin))); };
    CHECK_FALSE(described());
    daemon.start();
    bench.run_until(described);
    const RunRequest wanted = request_for(bench, plugin, {{"count", "100000"}, {"interval", "20ms"}});
    auto run = bench.begin(bench.host.run(wanted, keeper));
    bench.run_until([&] { return !keeper.numbers.empty(); });
    daemon.stop();
    CHECK(bench.end(run).status == kStatusNoLauncher);
    CHECK(bench.host.runners() == 0);
    daemon.start();
    bench.run_until(described);
    CHECK(bench.wait(bench.host.run(request_for(bench, plugin), keeper)).status == 0);
}

TEST_CASE("a plugin that is overwritten runs on as it was under the hash of what runs, and not as another")
{
    Daemon daemon;
    const std::filesystem::path plugin = daemon.folder / "a.so";
    const auto put = [&](const char *name) {
        // In place, as an editor or a careless installer does it.
        std::ofstream(plugin, std::ios::binary | std::ios::trunc)
            << std::ifstream(fixture(name), std::ios::binary).rdbuf();
        std::filesystem::permissions(plugin, std::filesystem::perms(0644));
    };
    put("rows");
    daemon.start();
    Bench bench(daemon.socket);
    bench.run_until([&] { return bool(bench.wait(bench.host.describe(plugin))); });
    const RunRequest wanted = request_for(bench, plugin);
    CHECK(wanted.hash == hash_file(fixture("rows")).value());
    Keeper keeper;
    put("flood");
    CHECK(bench.wait(bench.host.run(wanted, keeper)).status == 0);
    CHECK(keeper.numbers.size() == 3);
    bench.host.retire(plugin);
    const RunResult other = bench.wait(bench.host.run(wanted, keeper));
    CHECK(other.status == kStatusNoMethod);
    CHECK(other.message.find("is not the plugin that was chosen any more") != std::string::npos);
    CHECK(keeper.numbers.size() == 3);
    put("rows");
    bench.host.retire(plugin);
    CHECK(bench.wait(bench.host.run(wanted, keeper)).status == 0);
}

TEST_CASE("a plugin that starts a thread when it is loaded runs under a daemon too", "[no-sanitizer]")
{
    Daemon daemon;
    const std::filesystem::path plugin = daemon.folder / "cold.so";
    std::filesystem::copy_file(fixture("load_thread"), plugin);
    std::filesystem::permissions(plugin, std::filesystem::perms(0644));
    daemon.start();
    Bench bench(daemon.socket);
    bench.run_until([&] { return bool(bench.wait(bench.host.describe(plugin))); });
    Keeper keeper;
    const RunRequest wanted = request_for(bench, plugin);
    CHECK(wanted.description->cold);
    for (int i = 0; i < 2; ++i)
        CHECK(bench.wait(bench.host.run(wanted, keeper)).status == 0);
    CHECK(keeper.numbers == std::vector<std::int64_t>{1, 1});
}

TEST_CASE("a plugin that does not bear a fork is run cold, from the run on that shows it", "[no-sanitizer]")
{
    const auto [name, silence, start] =
        GENERATE(table<std::string, std::chrono::milliseconds, std::chrono::milliseconds>(
            {{"fork_hang", 100ms, 7s}, {"fork_stuck", 7s, 1500ms}}));
    HostSettings settings;
    settings.silence = silence;
    settings.start_timeout = start;
    Bench bench(settings);
    Keeper keeper;
    const RunRequest wanted = request(bench, name);
    CHECK_FALSE(wanted.description->cold);
    RunRequest limited = wanted;
    limited.deadline = in(60s);
    for (const RunRequest &each : {wanted, limited}) {
        const RunResult result = bench.wait(bench.host.run(each, keeper));
        INFO(result.message);
        CHECK(result.status == 0);
        CHECK(result.rows == 1);
        CHECK(result.started.monotonic <= result.ended.monotonic);
    }
    CHECK(keeper.numbers == std::vector<std::int64_t>{1, 1});
    CHECK(bench.wait(bench.host.describe(fixture(name))).value().description->cold);
    CHECK(bench.host.runners() == 1);
}

TEST_CASE("a plugin that does not bear a fork is found out before it has run", "[no-sanitizer]")
{
    const std::string name = GENERATE("fork_hang", "fork_parent", "fork_thread");
    Bench bench;
    bench.run_until([&] { return bench.wait(bench.host.describe(fixture(name))).value().description->cold; });
    Keeper keeper;
    CHECK(bench.wait(bench.host.run(request(bench, name), keeper)).status == 0);
    CHECK(keeper.numbers == std::vector<std::int64_t>{1});
}

TEST_CASE("a runner that is retired as it becomes ready serves whoever has waited for it", "[no-sanitizer]")
{
    Bench bench;
    auto described = bench.begin(bench.host.describe(fixture("fork_thread")));
    // The loop comes round so seldom that a description and what follows it are read at once.
    bench.run_until([&] {
        std::this_thread::sleep_for(200ms);
        return described.wait_for(0s) == std::future_status::ready;
    });
    const Result<Described> result = described.get();
    INFO((result ? std::string() : to_string(result.error())));
    CHECK(result);
}

TEST_CASE("a run whose process has a thread before it begins is begun cold", "[no-sanitizer]")
{
    const std::string name = GENERATE("fork_parent", "fork_thread");
    Bench bench;
    Keeper keeper;
    CHECK(bench.wait(bench.host.run(request(bench, name), keeper)).status == 0);
    CHECK(keeper.numbers == std::vector<std::int64_t>{1});
    bench.run_until([&] { return bench.wait(bench.host.describe(fixture(name))).value().description->cold; });
}

TEST_CASE("a run that is cancelled while its process is silent has not begun and is not begun again", "[no-sanitizer]")
{
    HostSettings settings = hasty();
    settings.silence = 1s;
    Bench bench(settings);
    Keeper keeper;
    RunRequest wanted = request(bench, "fork_hang");
    wanted.canceller = std::make_shared<Canceller>();
    auto run = bench.begin(bench.host.run(wanted, keeper));
    const auto launchers = children_of(getpid());
    REQUIRE(launchers.size() == 1);
    bench.run_until([&] {
        const auto runners = runners_of(launchers[0]);
        return !runners.empty() && !children_of(runners[0]).empty();
    });
    wanted.canceller->cancel();
    CHECK(bench.end(run).status == kStatusCancelled);
    CHECK(keeper.numbers.empty());
}

TEST_CASE("a runner in which a run has crashed takes no further run")
{
    Bench bench;
    Keeper keeper;
    const auto has_another_after = [&](const RunRequest &wanted, int signal) {
        const auto launchers = children_of(getpid());
        REQUIRE(launchers.size() == 1);
        const auto before = runners_of(launchers[0]);
        CHECK(bench.wait(bench.host.run(wanted, keeper)).status == -signal);
        CHECK(bench.wait(bench.host.describe(wanted.plugin)).has_value());
        const auto after = runners_of(launchers[0]);
        return std::any_of(after.begin(), after.end(), [&](pid_t runner) {
            return std::find(before.begin(), before.end(), runner) == before.end();
        });
    };
    CHECK(has_another_after(request(bench, "crash"), SIGSEGV));
    for (const int signal : {SIGABRT, SIGBUS, SIGILL}) {
        INFO(signal);
        CHECK(has_another_after(request(bench, "hostile", {{"deed", "raise"}, {"whom", std::to_string(signal)}}),
                                signal));
    }
    // By another signal it says nothing of where things lie.
    const RunRequest ended = request(bench, "hostile", {{"deed", "raise"}, {"whom", std::to_string(SIGTERM)}});
    CHECK_FALSE(has_another_after(ended, SIGTERM));
}

TEST_CASE("a runner whose files are others by now takes no further run")
{
    const sonde::test::TempDir folder;
    const auto plugin = folder.path() / "a.so";
    const auto put = [&] {
        // Under a name of its own first, as an installer does it: the same bytes in another file.
        std::filesystem::copy_file(fixture("rows"), folder.path() / "new");
        std::filesystem::rename(folder.path() / "new", plugin);
    };
    put();
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    Bench bench;
    Keeper keeper;
    RunRequest wanted = request_for(bench, plugin, {{"count", "1000"}, {"interval", "20ms"}});
    wanted.canceller = std::make_shared<Canceller>();
    auto running = bench.begin(bench.host.run(wanted, keeper));
    bench.run_until([&] { return !keeper.numbers.empty(); });
    const RunRequest next = request_for(bench, plugin);
    CHECK(bench.host.runners() == 1);
    put();
    // What was looked at a moment ago is not looked at again.
    std::this_thread::sleep_for(50ms);
    CHECK(bench.wait(bench.host.run(next, keeper)).status == 0);
    CHECK(bench.host.runners() == 2);
    wanted.canceller->cancel();
    CHECK(bench.end(running).status == kStatusCancelled);
}

TEST_CASE("without a launcher a run fails and says so")
{
    Bench bench(std::filesystem::path("/nonexistent/launcher.sock"));
    const auto described = bench.wait(bench.host.describe(fixture("rows")));
    REQUIRE_FALSE(described);
    CHECK(described.error().hint == kTransientHint);
    CHECK(described.error().what.find("not reached") != std::string::npos);
    Keeper keeper;
    RunRequest wanted;
    wanted.plugin = fixture("rows");
    auto description = std::make_shared<frames::Description>();
    description->methods.emplace_back();
    wanted.description = description;
    CHECK(bench.wait(bench.host.run(wanted, keeper)).status == kStatusNoLauncher);
}

TEST_CASE("a launcher of another version is named as that")
{
    const TempDir directory;
    const std::filesystem::path path = directory.path() / "launcher.sock";
    const frames::Descriptor listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    std::thread launcher([&] {
        const frames::Descriptor agent(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        frames::Frame greeting = frames::encode(frames::LauncherToAgent(frames::Greeting{})).value();
        greeting[0] = std::byte{99};
        (void)frames::send(agent.get(), greeting);
        char end = 0;
        while (::recv(agent.get(), &end, 1, 0) > 0) {
        }
    });
    {
        Bench bench(path);
        const auto described = bench.wait(bench.host.describe(fixture("rows")));
        REQUIRE_FALSE(described);
        CHECK(described.error().what.find("bad frame: version 99, this is version ") != std::string::npos);
    }
    launcher.join();
}

TEST_CASE("a runner without runs is stopped after a while, and started again when needed")
{
    HostSettings settings;
    settings.idle_stop = 50ms;
    Bench bench(settings);
    Keeper keeper;
    CHECK(bench.wait(bench.host.run(request(bench, "rows"), keeper)).status == 0);
    CHECK(bench.host.runners() == 1);
    bench.run_until([&] { return bench.host.runners() == 0; });
    CHECK(bench.wait(bench.host.run(request(bench, "rows"), keeper)).status == 0);
}

TEST_CASE("a plugin that is not the one that was chosen is not run")
{
    Bench bench;
    Keeper keeper;
    RunRequest wanted = request(bench, "rows");
    const std::string hash = std::exchange(wanted.hash, std::string(64, '0'));
    CHECK(bench.wait(bench.host.run(wanted, keeper)).status == kStatusNoMethod);
    wanted.hash = hash;
    wanted.method = 1;
    CHECK(bench.wait(bench.host.run(wanted, keeper)).status == kStatusNoMethod);
    CHECK(keeper.numbers.empty());
}

TEST_CASE("a method without a probe can run, and one that is not there cannot")
{
    Bench bench;
    CHECK(bench.wait(bench.host.probe(fixture("rows"), 0)).status == 0);
    CHECK(bench.wait(bench.host.probe(fixture("rows"), 1)).status == kStatusNoMethod);
    const RunResult refused = bench.wait(bench.host.probe(fixture("abi2"), 0));
    CHECK(refused.status == kStatusNoMethod);
    CHECK_FALSE(refused.message.empty());
}

TEST_CASE("a deadline in the past means that nothing runs")
{
    Bench bench;
    Keeper keeper;
    RunRequest wanted = request(bench, "rows");
    wanted.deadline = in(-1s);
    CHECK(bench.wait(bench.host.run(wanted, keeper)).status == kStatusTimeout);
    CHECK(keeper.numbers.empty());
}

TEST_CASE("statuses have names for people")
{
    frames::MethodDescription method;
    method.statuses = {{7, "unreachable", SONDE_BLAME_TARGET, ""}};
    CHECK(status_name(0) == "ok");
    CHECK(status_name(7, &method) == "unreachable");
    CHECK(status_name(8, &method) == "status 8");
    CHECK(status_name(kStatusTimeout) == "timeout");
    CHECK(status_name(kStatusNoStorage) == "no_storage");
    CHECK(status_name(-SIGSEGV) == "SIGSEGV");
    CHECK(status_name(-1000) == "status -1000");
}
