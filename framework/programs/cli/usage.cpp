#include "programs/cli/usage.hpp"

#include "base/nearest.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <charconv>

namespace sonde::cli {

namespace {

std::string did_you_mean(const std::string &word, const std::vector<std::string> &candidates, const std::string &other)
{
    const auto near = nearest(word, candidates);
    return near ? "did you mean '" + *near + "'?" : other;
}

Error unknown_option(const CLI::App &asked, const std::string &verb, const std::string &word)
{
    const std::string name = word.substr(0, word.find('='));
    std::vector<std::string> names;
    for (const CLI::Option *option : asked.get_options())
        for (const std::string &each : option->get_lnames())
            names.push_back("--" + each);
    std::string other = "`" + verb + " --help` shows what there is";
    if (asked.get_name() == "run" && name.starts_with("--"))
        other = "a method's own options are written " + name.substr(2) + "=VALUE";
    return {"", "`" + verb + "` has no option '" + name + "'", did_you_mean(name, names, other)};
}

Error unknown_verb(const CLI::App &asked, const std::string &verb, const std::string &word)
{
    std::vector<std::string> names;
    for (const CLI::App *each : asked.get_subcommands({}))
        names.push_back(each->get_name());
    return {"", "`" + verb + "` has no verb '" + word.substr(0, 80) + "'",
            did_you_mean(word, names, "`" + verb + " --help` shows what there is")};
}

} // namespace

Error usage_error(const CLI::App &sonde, const CLI::ParseError &error)
{
    const CLI::App *asked = &sonde;
    std::string verb = "sonde";
    for (auto parsed = asked->get_subcommands(); !parsed.empty(); parsed = asked->get_subcommands()) {
        asked = parsed.front();
        verb += " " + asked->get_name();
    }
    const std::vector<std::string> unknown = asked->remaining();
    if (unknown.empty())
        return {"", error.what(), "`" + verb + " --help` shows what there is"};
    const std::string &word = unknown.front();
    if (word.size() > 1 && word.front() == '-')
        return unknown_option(*asked, verb, word);
    if (!asked->get_subcommands({}).empty())
        return unknown_verb(*asked, verb, word);
    return {"", "`" + verb + "` does not know what '" + word.substr(0, 80) + "' is",
            "`" + verb + " --help` shows what there is"};
}

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most)
{
    const std::string bounds = std::to_string(least) + " to " + std::to_string(most);
    return CLI::Validator(
        [=](const std::string &text) -> std::string {
            std::uint64_t number = 0;
            const std::errc failure = std::from_chars(text.data(), text.data() + text.size(), number).ec;
            const bool fits =
                failure == std::errc() && text == std::to_string(number) && number >= least && number <= most;
            return fits ? "" : "'" + text.substr(0, 80) + "' is no whole number from " + bounds;
        },
        bounds);
}

} // namespace sonde::cli
