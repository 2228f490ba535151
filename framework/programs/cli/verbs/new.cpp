#include "programs/cli/places.hpp"
#include "programs/cli/scaffold.hpp"
#include "programs/cli/verb.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

namespace sonde::cli {

namespace {

struct NewWords {
    Scaffold scaffold{"", "c", "MIT", "You", {}};
    std::string folder;
};

int begin(Console &console, NewWords words)
{
    Scaffold &scaffold = words.scaffold;
    if (const auto checked = check_method_name(scaffold.method); !checked)
        return fail(console, checked.error(), kUsage);
    const Result<std::filesystem::path> sdk = find_sdk();
    if (!sdk)
        return fail(console, sdk.error(), kNothingRan);
    scaffold.folder = words.folder.empty() ? scaffold.method : words.folder;
    const auto made = make_scaffold(scaffold, *sdk);
    if (!made)
        return fail(console, made.error(), input_status(made.error()));
    for (const std::string &file : *made)
        console.out((scaffold.folder / file).string() + "\n");
    console.say("a method that works: README.md there says how to build and test it\n"
                "  cd " +
                printable(scaffold.folder.string()) + " && meson setup build && ninja -C build && meson test -C build");
    return kDone;
}

} // namespace

Verb add_new(CLI::App &sonde)
{
    const auto words = std::make_shared<NewWords>();
    CLI::App *app = sonde.add_subcommand("new", "Begin a measurement method: a folder that builds and tests by itself");
    app->add_option("METHOD", words->scaffold.method, "its name: lower-case letters, digits and hyphens")->required();
    app->add_option("--lang", words->scaffold.language, "c (default) or c++")->check(CLI::IsMember({"c", "c++"}));
    app->add_option("--licence", words->scaffold.licence,
                    "an SPDX identifier (default MIT); MIT, BSD-3-Clause, ISC and Apache-2.0 come with their text");
    app->add_option("--vendor", words->scaffold.vendor, "who makes it");
    app->add_option("--folder", words->folder, "where to, a folder that does not exist yet (default: METHOD)");
    app->footer(examples({"sonde new tcp-connect", "sonde new tcp-connect --lang c++ --vendor \"Example Ltd\"",
                          "sonde new line-idle --licence Apache-2.0 --folder src/line-idle"}) +
                "\n\nWrites source, builds for meson, CMake and make, a test and a README, and prints their names.");
    return {app, [words](Console &console) { return begin(console, *words); }};
}

} // namespace sonde::cli
