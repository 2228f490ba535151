#include "programs/cli/describe.hpp"
#include "programs/cli/verb.hpp"
#include "programs/cli/workbench.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

struct DescribeWords {
    std::string method;
    std::vector<std::string> plugins;
    bool json = false;
};

int describe(Console &console, const DescribeWords &words)
{
    auto bench = Workbench::make(words.plugins, "error");
    if (!bench)
        return fail(console, bench.error());
    const auto found = (*bench)->find(words.method);
    if (!found)
        return fail(console, found.error(), found.error().hint == plugin_host::kTransientHint ? kNothingRan : kUsage);
    const std::optional<plugin_host::RunResult> probe = (*bench)->probe(*found);
    console.out(words.json ? describe_json(*found, probe) : describe_text(*found, probe, console.out_width()));
    return kDone;
}

} // namespace

Verb add_describe(CLI::App &sonde)
{
    const auto words = std::make_shared<DescribeWords>();
    CLI::App *app = sonde.add_subcommand("describe", "Show a method's options, result tables and ways to fail");
    app->add_option("METHOD", words->method, "a method, FILE.so or FILE.so:METHOD")->required();
    app->add_flag("--json", words->json, "as one JSON object");
    app->add_option("--plugins", words->plugins, "look for plugins in this directory; may be repeated")
        ->allow_extra_args(false);
    app->footer(examples({"sonde describe ping", "sonde describe ./build/my-method.so --json"}));
    return {app, [words](Console &console) { return describe(console, *words); }};
}

} // namespace sonde::cli
