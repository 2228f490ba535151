#include "plugin_host/text.hpp"
#include "programs/cli/measure.hpp"
#include "programs/cli/usage.hpp"
#include "programs/cli/verb.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

struct RunWords {
    Measurement measurement;
    std::string deadline;
    bool json = false;
    bool csv = false;
};

int run(Console &console, RunWords words)
{
    if (!words.deadline.empty()) {
        const Result<std::int64_t> deadline = plugin_host::parse_duration(words.deadline);
        if (!deadline)
            return fail(console, {"--deadline", deadline.error().what, deadline.error().hint}, kUsage);
        if (*deadline <= 0)
            return fail(console, {"--deadline", "must be more than nothing", ""}, kUsage);
        words.measurement.deadline = std::chrono::nanoseconds(*deadline);
    }
    if (words.json)
        words.measurement.rows.format = RowFormat::json;
    else if (words.csv)
        words.measurement.rows.format = RowFormat::csv;
    return measure(console, words.measurement);
}

} // namespace

Verb add_run(CLI::App &sonde)
{
    const auto words = std::make_shared<RunWords>();
    CLI::App *app = sonde.add_subcommand("run", "Run a measurement method here and now, without an agent");
    app->add_option("METHOD", words->measurement.method, "a method, FILE.so or FILE.so:METHOD")->required();
    app->add_option("name=value", words->measurement.words,
                    "the method's options; the first required one may stand without its name");
    CLI::Option *json = app->add_flag("--json", words->json, "one JSON object a row and line");
    app->add_flag("--csv", words->csv,
                  "comma-separated values of one table with a header: the method's first, or --table's")
        ->excludes(json);
    app->add_option("--table", words->measurement.rows.table, "only this table");
    app->add_option("--columns", words->measurement.rows.columns, "only these columns, separated by commas")
        ->delimiter(',')
        ->allow_extra_args(false);
    app->add_option("--deadline", words->deadline, "cancel each run after that time: 30s");
    app->add_option("--repeat", words->measurement.repeat, "run it so often, one after the other; rows have a `round`")
        ->check(whole_number(1, 1'000'000));
    app->add_option("--input", words->measurement.inputs,
                    "run this first, and give its rows to a method that takes input: \"METHOD name=value ...\"; may be "
                    "repeated")
        ->allow_extra_args(false);
    app->add_option("--parameter", words->measurement.parameters,
                    "NAME=VALUE, something of the line that the method asks for; may be repeated")
        ->allow_extra_args(false);
    app->add_flag("--trace", words->measurement.trace, "say every call of the host by the method, with its time");
    CLI::Option *in_process = app->add_flag("--in-process", words->measurement.in_process,
                                            "in one process, unforked and unconfined, as you: for a debugger");
    app->add_option("--under", words->measurement.under,
                    "the same under a tool: gdb, valgrind, \"strace -e trace=connect\"")
        ->excludes(in_process);
    app->add_option("--plugins", words->measurement.plugins, "look for plugins in this directory; may be repeated")
        ->allow_extra_args(false);
    app->add_flag("--verbose", words->measurement.verbose, "say what launcher and runner do");
    app->footer(
        examples({"sonde run ping 127.0.0.1 count=3", "sonde run ping 192.0.2.1 --json --deadline 30s",
                  "sonde run http-download https://host.example/file streams=4",
                  "sonde run passive-syn eth0 interval=10s",
                  "sonde run ./build/my-method.so target=::1 --repeat 5 --csv --table summary",
                  "sonde run ./build/my-method.so ::1 --trace", "sonde run ./build/my-method.so ::1 --under gdb"}) +
        "\n\nCtrl-C ends it in order. Exit status: 0 done, or ended by Ctrl-C or SIGTERM; 1 the measurement failed;\n"
        "2 usage or options; 3 not permitted; 4 nothing ran.");
    return {app, [words](Console &console) { return run(console, *words); }};
}

} // namespace sonde::cli
