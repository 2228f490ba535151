#include "programs/cli/answer_printer.hpp"
#include "programs/cli/verb.hpp"
#include "programs/cli/workbench.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <memory>

namespace sonde::cli {

namespace {

struct PluginsWords {
    std::vector<std::string> plugins;
    AnswerWords rows;
};

// "shadowed": another file, of a directory before it, has what this one could offer; "unfit": its methods say that they
// cannot run here.
const char *state_of(const plugin_host::PluginFile &plugin, const std::vector<plugin_host::CatalogueMethod> &methods)
{
    if (!plugin.ready())
        return "refused";
    if (std::any_of(methods.begin(), methods.end(), [&](const auto &method) { return method.file == plugin.file; }))
        return "ready";
    const auto &own = plugin.description->methods;
    const auto is_elsewhere = [&](const frames::MethodDescription &method) {
        return std::any_of(methods.begin(), methods.end(),
                           [&](const auto &offered) { return offered.method().id == method.id; });
    };
    return std::any_of(own.begin(), own.end(), is_elsewhere) ? "shadowed" : "unfit";
}

std::string plugin_row(const plugin_host::PluginFile &plugin, const char *state)
{
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
    const auto text = [&](const char *name, const std::string &value) {
        json.Key(name);
        if (value.empty())
            json.Null();
        else
            json.String(value);
    };
    json.StartObject();
    text("plugin", plugin.ready() ? plugin.description->name : plugin.file.stem().string());
    text("version", plugin.ready() ? plugin.description->version : "");
    json.Key("methods");
    json.StartArray();
    if (plugin.ready())
        for (const auto &method : plugin.description->methods)
            json.String(method.id);
    json.EndArray();
    text("state", state);
    text("file", plugin.file.string());
    text("reason", plugin.reason);
    text("sha256", plugin.hash);
    json.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

int list_plugins(Console &console, const PluginsWords &words)
{
    auto bench = Workbench::make(words.plugins, "error");
    if (!bench)
        return fail(console, bench.error(), kNothingRan);
    const auto catalogue = (*bench)->catalogue();
    if (!catalogue)
        return fail(console, catalogue.error(), kNothingRan);
    AnswerPrinter printer(console, words.rows, {});
    for (const plugin_host::PluginFile &plugin : catalogue->files()) {
        const Result<bool> shown = printer.add(plugin_row(plugin, state_of(plugin, catalogue->methods())));
        if (!shown)
            return fail(console, shown.error(), kUsage);
        if (!*shown)
            break;
    }
    if (const Result<void> ended = printer.end(); !ended)
        return fail(console, ended.error(), kUsage);
    if (printer.rows() > 0)
        return kDone;
    std::string places;
    for (const auto &directory : (*bench)->directories())
        places += (places.empty() ? "" : ", ") + directory.string();
    console.say("there is no plugin in " + places);
    return kNothingRan;
}

} // namespace

Verb add_plugins(CLI::App &sonde)
{
    const auto words = std::make_shared<PluginsWords>();
    CLI::App *app =
        sonde.add_subcommand("plugins", "List the plugins in the plugin directories, and why one is refused");
    app->add_option("--plugins", words->plugins, "look in this directory; may be repeated, the first goes first")
        ->allow_extra_args(false);
    add_answer_words(*app, words->rows);
    app->footer(
        examples({"sonde plugins", "sonde plugins --plugins /usr/lib/sonde/plugins --json | jq .reason"}) +
        "\n\nA plugin is ready, refused, shadowed (a file that goes first offers its methods) or unfit (they say that\n"
        "they cannot run here).\n"
        "Exit status 4: there is none, or they could not be looked at.");
    return {app, [words](Console &console) { return list_plugins(console, *words); }};
}

} // namespace sonde::cli
