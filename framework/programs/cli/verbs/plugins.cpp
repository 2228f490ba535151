#include "programs/cli/agent_link.hpp"
#include "programs/cli/answer_member.hpp"
#include "programs/cli/answer_printer.hpp"
#include "programs/cli/verb.hpp"
#include "programs/cli/workbench.hpp"

#include "plugin_host/plugin_row.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

namespace sonde::cli {

namespace {

struct PluginsWords {
    std::vector<std::string> plugins;
    std::string agent; // its socket
    AnswerWords rows;
    std::string name; // to be released
};

// Whose view is wanted: the agent's, at its socket; empty: what this command finds out by itself.
std::string agent_to_ask(const PluginsWords &words)
{
    if (!words.agent.empty())
        return words.agent;
    const char *directories = std::getenv("SONDE_PLUGINS");
    const bool directed = !words.plugins.empty() || (directories != nullptr && *directories != '\0');
    return !directed && ::access(kAgentSocket, W_OK) == 0 ? kAgentSocket : "";
}

// Shows rows; `places` are for whom there are none.
int show(Console &console, const PluginsWords &words, const std::vector<std::string> &rows, const std::string &places)
{
    const auto shown = print_rows(console, words.rows, rows);
    if (!shown)
        return fail(console, shown.error(), kUsage);
    if (*shown > 0)
        return kDone;
    console.say("there is no plugin in " + places);
    return kNothingRan;
}

int list_of_agent(Console &console, const PluginsWords &words, const std::string &socket,
                  const rapidjson::Document &said)
{
    std::vector<std::string> rows;
    if (const auto plugins = said.FindMember("plugins"); plugins != said.MemberEnd() && plugins->value.IsArray())
        for (const rapidjson::Value &row : plugins->value.GetArray())
            rows.push_back(json_line(row));
    console.say("as the agent at " + socket + " sees them");
    return show(console, words, rows, "the agent's folders");
}

int list_plugins(Console &console, const PluginsWords &words)
{
    if (const std::string socket = agent_to_ask(words); !socket.empty()) {
        const auto answer = ask_agent(socket, R"({"ask":"plugins"})");
        if (const auto *said = std::get_if<rapidjson::Document>(&answer))
            return list_of_agent(console, words, socket, *said);
        // The socket that nobody has named may be left from an agent that was killed.
        if (!words.agent.empty())
            return fail(console, std::get<Failure>(answer));
    }
    auto bench = Workbench::make(words.plugins, "error");
    if (!bench)
        return fail(console, bench.error());
    const auto catalogue = (*bench)->catalogue();
    if (!catalogue)
        return fail(console, catalogue.error(), kNothingRan);
    std::vector<std::string> rows;
    for (const plugin_host::PluginFile &plugin : catalogue->files())
        rows.push_back(plugin_host::plugin_row(plugin, *catalogue));
    std::string places;
    for (const auto &directory : (*bench)->directories())
        places += (places.empty() ? "" : ", ") + directory.string();
    return show(console, words, rows, places);
}

int release(Console &console, const PluginsWords &words)
{
    // Options of `sonde plugins` may stand before the word release as well.
    if (!words.plugins.empty() || words.rows.json || words.rows.csv || !words.rows.columns.empty())
        return fail(console,
                    {"", "--plugins, --json, --csv and --columns are for the list; the agent releases a plugin",
                     "sonde plugins release NAME"},
                    kUsage);
    std::string name = words.name;
    if (name.find('/') != name.npos)
        name = std::filesystem::absolute(name).lexically_normal().string();
    rapidjson::Document request(rapidjson::kObjectType);
    request.AddMember("ask", "release", request.GetAllocator());
    request.AddMember("plugin", rapidjson::Value(name, request.GetAllocator()), request.GetAllocator());
    auto answer = ask_agent(words.agent.empty() ? kAgentSocket : words.agent, json_line(request));
    if (const auto *failed = std::get_if<Failure>(&answer))
        return fail(console, *failed);
    const rapidjson::Document &said = std::get<rapidjson::Document>(answer);
    if (const auto files = said.FindMember("released"); files != said.MemberEnd() && files->value.IsArray())
        for (const rapidjson::Value &file : files->value.GetArray())
            if (file.IsString())
                console.say("released: " + printable(file.GetString()) + "; the agent looks at it again");
    return kDone;
}

} // namespace

Verb add_plugins(CLI::App &sonde)
{
    const auto words = std::make_shared<PluginsWords>();
    CLI::App *app =
        sonde.add_subcommand("plugins", "List the plugins in the plugin directories, and why one is refused");
    app->require_subcommand(0, 1);
    CLI::Option *directories =
        app->add_option("--plugins", words->plugins,
                        "look in this directory, without an agent; may be repeated, the first goes first")
            ->allow_extra_args(false);
    const std::string about_agent =
        std::string("ask the agent that answers at this socket (default: ") + kAgentSocket + ")";
    app->add_option("--agent", words->agent, about_agent)->excludes(directories);
    add_answer_words(*app, words->rows);
    app->footer(
        examples({"sonde plugins", "sonde plugins --plugins /usr/lib/sonde/plugins --json | jq .reason"}) +
        "\n\nA plugin is ready, refused, quarantined (it keeps failing to load), loading (it is being looked at),\n"
        "shadowed (a file that goes first offers its methods) or unfit (they say that they cannot run here).\n"
        "Where an agent runs on this machine, it is what the agent says, by its policy; else, and with --plugins\n"
        "or SONDE_PLUGINS, what this command finds out by itself.\n"
        "Exit status 4: there is none, or they could not be looked at.");

    CLI::App *release_app = app->add_subcommand("release", "Let the agent load a quarantined plugin at once");
    release_app->add_option("NAME", words->name, "the plugin's name or its file's, or a path")->required();
    release_app->add_option("--agent", words->agent, about_agent);
    release_app->footer(examples({"sonde plugins release ping", "sonde plugins release /etc/sonde/plugins/ping.so"}) +
                        "\n\nA new file in its place releases it as well, without a word.\n"
                        "Exit status 4: there is none of that name, or no agent was reached.");
    return {app, [words, release_app](Console &console) {
                return release_app->parsed() ? release(console, *words) : list_plugins(console, *words);
            }};
}

} // namespace sonde::cli
