#include "programs/cli/measure.hpp"

#include "plugin_host/input_collector.hpp"
#include "programs/cli/attend.hpp"
#include "programs/cli/headline.hpp"
#include "programs/cli/human.hpp"
#include "programs/cli/run_words.hpp"
#include "programs/cli/shell_words.hpp"
#include "programs/cli/verb.hpp"
#include "programs/cli/workbench.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>

namespace sonde::cli {

namespace asio = boost::asio;
using namespace plugin_host;

namespace {

constexpr std::uint64_t kTraceBytesMax = 256 * 1024 * 1024;

int fail_options(Console &console, const frames::MethodDescription &method, const std::string &name,
                 const std::vector<Error> &errors)
{
    for (const Error &error : errors)
        fail(console, error, kUsage);
    console.say("`sonde describe " + printable(name) + "` lists the options of " + method.id);
    return kUsage;
}

ExitStatus exit_status(const RunResult &result, bool interrupted)
{
    if (result.status == 0 || (interrupted && result.status == kStatusCancelled))
        return kDone;
    if (result.status == kStatusBadOptions)
        return kUsage;
    if (result.status == kStatusRefused || result.blame == model::Blame::policy || result.socket_denied)
        return kRefused;
    if (result.status == kStatusNoMethod || result.status == kStatusNoLauncher || result.status == kStatusNotStarted ||
        result.status == kStatusRunnerDied)
        return kNothingRan;
    return kTargetFailed;
}

void say_end(Console &console, const frames::MethodDescription &method, const RunResult &result)
{
    std::string line = result.status == 0 ? "done: " : result.status == kStatusCancelled ? "cancelled: " : "failed: ";
    line += std::to_string(result.rows) + (result.rows == 1 ? " row in " : " rows in ");
    line += human_duration((result.ended.monotonic - result.started.monotonic).count());
    if (result.sent_bytes != 0 || result.received_bytes != 0)
        line += ", " + human_bytes(result.sent_bytes) + " sent, " + human_bytes(result.received_bytes) + " received";
    console.say(line);
    if (result.status != 0 && result.status != kStatusCancelled)
        fail(console,
             {method.id,
              status_name(result.status, &method) + " (" + std::to_string(result.status) + "): " + result.message,
              result.blame == model::Blame::unknown ? "" : std::string("the ") + to_string(result.blame) + "'s"},
             kTargetFailed);
    if (result.status != 0 && result.socket_denied)
        console.say("a socket that it asked for was not permitted here: raw and packet sockets need root");
}

void say_headline(Console &console, const frames::MethodDescription &method, const Arguments &arguments)
{
    console.say(wrapped(headline(method, arguments), console.err_width(), 2));
    if (!method.help.empty())
        console.say("  " + wrapped(printable(method.help), console.err_width() - 2, 2));
}

// Runs it to its end, whatever signals come.
RunResult run_it(asio::io_context &loop, Host &host, RunRequest request, RowSink &rows, bool terminal,
                 bool &interrupted)
{
    const auto canceller = std::make_shared<Canceller>();
    request.canceller = canceller;
    asio::signal_set signals(loop, SIGTERM);
    if (!terminal)
        signals.add(SIGINT);
    signals.async_wait([&](const boost::system::error_code &error, int) {
        if (error)
            return;
        interrupted = true;
        canceller->cancel();
        signals.clear(); // a second one ends us at once, and the launcher with what it started
    });
    std::optional<RunResult> result;
    asio::co_spawn(loop, host.run(std::move(request), rows),
                   [&](const std::exception_ptr &failure, const RunResult &given) {
                       if (failure)
                           std::rethrow_exception(failure);
                       result = given;
                   });
    while (!result)
        if (loop.run_one() == 0)
            loop.restart();
    return *result;
}

// The tool ended before there was a run: what it said of it stands above.
int fail_tool(Console &console, const Attendance &attendance)
{
    const std::string &tool = attendance.tool.front();
    return fail(console,
                {"--under", tool + " ended before it ran the method", attendance.terminal ? "say `run` in it" : ""},
                kNothingRan);
}

// As often as was asked, until nothing runs; the status of the first one that failed.
int run_rounds(Console &console, Workbench &bench, const Measurement &measurement, const RunRequest &request,
               RowPrinter &printer, const std::optional<Attendance> &attendance)
{
    std::optional<Host> attended;
    if (attendance)
        attended.emplace(bench.attended(attended_settings(*attendance), *attendance));
    const bool terminal = attendance && attendance->terminal;
    const bool under = attendance && !attendance->tool.empty();
    if (terminal)
        std::signal(SIGINT, SIG_IGN); // Ctrl-C is the debugger's
    Host &host = attended ? *attended : bench.host();
    const frames::MethodDescription &method = request.description->methods[request.method];
    int status = kDone, ended = kDone;
    unsigned round = 0, failed = 0;
    bool interrupted = false, any = false;
    while (round < measurement.repeat && !interrupted && ended != kNothingRan) {
        ++round;
        if (measurement.repeat > 1)
            printer.begin_round(round);
        RunRequest next = request;
        if (measurement.deadline)
            next.deadline = now().monotonic + *measurement.deadline;
        const RunResult result = run_it(bench.loop(), host, std::move(next), printer, terminal, interrupted);
        if (attended)
            bench.wait_gone(*attended, request.plugin);
        if (console.reader_gone())
            return kDone;
        if (under && result.status == kStatusNotStarted)
            return fail_tool(console, *attendance);
        say_end(console, method, result);
        ended = exit_status(result, interrupted);
        any = any || ended != kNothingRan;
        failed += ended != kDone ? 1 : 0;
        status = status == kDone ? ended : status;
    }
    if (any)
        printer.end();
    if (const std::uint64_t cut = bench.prints().cut(); cut > 0)
        console.say("the plugin printed " + human_bytes(cut) + " more, which are left out");
    if (failed > 0 && measurement.repeat > 1)
        console.say(std::to_string(failed) + " of " + std::to_string(round) + " runs failed");
    return status;
}

RunRequest request_for(const CatalogueMethod &method, Arguments arguments)
{
    RunRequest request;
    request.plugin = method.file;
    request.hash = method.hash;
    request.description = method.description;
    request.method = method.index;
    request.arguments = std::move(arguments);
    return request;
}

// Runs `METHOD name=value ...` and keeps its rows for another run. A status: that run ends here.
std::optional<int> gather(Console &console, Workbench &bench, const Measurement &measurement, const std::string &text,
                          std::vector<std::shared_ptr<Input>> &inputs)
{
    const auto words = shell_words(text);
    if (!words || words->empty())
        return fail(console, {"--input", "'" + text + "' names no method", "\"METHOD name=value ...\""}, kUsage);
    const std::string &name = words->front();
    const Result<CatalogueMethod> found = bench.find(name);
    if (!found)
        return fail(console, found.error(), found.error().hint == kTransientHint ? kNothingRan : kUsage);
    const frames::MethodDescription &method = found->method();
    const auto options = read_words(method, {words->begin() + 1, words->end()});
    if (!options)
        return fail_options(console, method, name, {options.error()});
    auto arguments = read_options(method, *options);
    if (!arguments)
        return fail_options(console, method, name, arguments.errors);
    RunRequest request = request_for(*found, std::move(*arguments.value));
    if (measurement.deadline)
        request.deadline = now().monotonic + *measurement.deadline;
    InputCollector collector(method);
    bool interrupted = false;
    const RunResult result = run_it(bench.loop(), bench.host(), std::move(request), collector, false, interrupted);
    if (result.status != 0) {
        say_end(console, method, result);
        return exit_status(result, interrupted);
    }
    inputs.insert(inputs.end(), collector.inputs().begin(), collector.inputs().end());
    return std::nullopt;
}

// A file that the user names to a method is one that it is meant to read.
std::vector<std::string> named_files(const Measurement &measurement)
{
    std::vector<std::string> words = measurement.words;
    for (const std::string &preceding : measurement.inputs)
        if (const auto more = shell_words(preceding))
            words.insert(words.end(), more->begin(), more->end());
    std::vector<std::string> files;
    for (const std::string &word : words) {
        const std::string value = word.substr(word.find('=') + 1);
        std::error_code unreadable;
        if (value.starts_with('/') && std::filesystem::is_regular_file(value, unreadable))
            files.push_back(value);
    }
    return files;
}

} // namespace

int measure(Console &console, const Measurement &measurement)
{
    std::optional<Attendance> attendance;
    if (measurement.in_process)
        attendance.emplace();
    if (measurement.under) {
        auto tool = attend_by(*measurement.under);
        if (!tool)
            return fail(console, tool.error(), kUsage);
        attendance = std::move(*tool);
    }
    auto made = Workbench::make(measurement.plugins, measurement.verbose ? "debug" : "error", named_files(measurement));
    if (!made)
        return fail(console, made.error());
    Workbench &bench = **made;
    // Its lines are written by the run's process, as what the plugin prints is.
    if (measurement.trace)
        bench.prints().allow(kTraceBytesMax);
    const Result<CatalogueMethod> found = bench.find(measurement.method);
    if (!found)
        return fail(console, found.error(), found.error().hint == kTransientHint ? kNothingRan : kUsage);
    const frames::MethodDescription &method = found->method();

    const auto options = read_words(method, measurement.words);
    if (!options)
        return fail_options(console, method, measurement.method, {options.error()});
    auto arguments = read_options(method, *options);
    if (!arguments)
        return fail_options(console, method, measurement.method, arguments.errors);
    auto parameters = read_parameters(method, measurement.parameters);
    if (!parameters)
        return fail(console, parameters.error(), kUsage);
    if (!measurement.inputs.empty() && (method.flags & SONDE_TAKES_INPUT) == 0)
        return fail(console, {"--input", method.id + " takes no input", ""}, kUsage);
    const std::vector<std::string> settled = settled_options(method, *arguments.value);
    auto printer = RowPrinter::make(console, method, measurement.rows, settled);
    if (!printer)
        return fail(console, printer.error(), kUsage);
    std::vector<std::shared_ptr<Input>> inputs;
    for (const std::string &preceding : measurement.inputs)
        if (const auto ended = gather(console, bench, measurement, preceding, inputs))
            return *ended;
    if (measurement.rows.format == RowFormat::table)
        say_headline(console, method, *arguments.value);

    RunRequest request = request_for(*found, std::move(*arguments.value));
    request.parameters = std::move(*parameters);
    request.inputs = std::move(inputs);
    request.trace = measurement.trace;
    return run_rounds(console, bench, measurement, request, *printer, attendance);
}

} // namespace sonde::cli
