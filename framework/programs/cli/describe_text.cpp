#include "programs/cli/describe.hpp"

#include "frames/text.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/table.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace sonde::cli {

namespace {

using frames::type_name;

constexpr std::pair<std::uint32_t, const char *> kFlags[] = {{SONDE_ACTIVE, "active"},
                                                             {SONDE_PASSIVE, "passive"},
                                                             {SONDE_EXCLUSIVE, "exclusive"},
                                                             {SONDE_TAKES_INPUT, "takes input"},
                                                             {SONDE_NEEDS_INTERFACE, "needs interface"}};
constexpr std::pair<std::uint32_t, const char *> kPrivileges[] = {
    {SONDE_PRIVILEGE_ICMP, "icmp"}, {SONDE_PRIVILEGE_CAPTURE, "capture"}, {SONDE_PRIVILEGE_LISTEN, "listen"}};

std::string joined(const std::vector<std::string> &words, const char *between)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : between) + printable(word);
    return text;
}

std::string indented(const std::string &lines)
{
    std::string text;
    bool begins = true;
    for (char c : lines) {
        if (begins)
            text += "  ";
        begins = c == '\n';
        text += c;
    }
    return text;
}

// More than that of an option's or a column's words stand in its help.
constexpr std::size_t kWordsWidth = 24;

std::string type_of(sonde_type type, const std::string &unit, const std::vector<std::string> &words, bool list)
{
    std::string text = joined(words, "|");
    if (text.empty() || text.size() > kWordsWidth)
        text = type_name(type);
    if (!unit.empty())
        text += " [" + printable(unit) + "]";
    return list ? text + ", ..." : text;
}

std::string help_of(const std::string &help, const std::vector<std::string> &words)
{
    if (joined(words, "|").size() <= kWordsWidth)
        return printable(help);
    return printable(help) + (help.empty() ? "one of " : "; one of ") + joined(words, ", ");
}

// Lines of which the last cell is a help, which goes below the others where one has no room for it.
std::string helped(std::vector<Table::Column> columns, std::vector<std::vector<std::string>> rows, std::size_t width)
{
    Table beside(columns);
    std::string text = beside.header(rows);
    bool fits = true;
    for (const auto &row : rows) {
        const std::string line = beside.lines({row});
        fits = fits && width_of(std::string_view(line).substr(0, line.size() - 1)) <= width;
        text += line;
    }
    if (fits)
        return text;
    const std::string indent(6, ' ');
    Table table(std::move(columns));
    std::vector<std::string> helps;
    for (auto &row : rows)
        helps.push_back(std::exchange(row.back(), {}));
    text = table.header(rows);
    for (std::size_t i = 0; i < rows.size(); ++i)
        text += table.lines({rows[i]}) + (helps[i].empty() ? "" : hanging(indent, helps[i], width));
    return text;
}

std::string range_of(const frames::OptionDescription &option)
{
    if (!option.minimum && !option.maximum)
        return "";
    return option.minimum.value_or("") + ".." + option.maximum.value_or("");
}

std::string options_text(const frames::MethodDescription &method, std::size_t width)
{
    std::vector<Table::Column> columns(
        {{"option", {}, 0}, {"type", {}, 0}, {"default", {}, 0}, {"range", {}, 0}, {"", {}, 0}});
    std::vector<std::vector<std::string>> rows;
    for (const auto &option : method.options)
        rows.push_back({option.id, type_of(option.type, option.unit, option.words, option.list),
                        option.required ? "(required)" : printable(option.default_value.value_or("-")),
                        printable(range_of(option)), help_of(option.help, option.words)});
    rows.push_back({"interface", "interface", (method.flags & SONDE_NEEDS_INTERFACE) != 0 ? "(required)" : "-", "",
                    "the network interface to use"});
    rows.push_back({"source", "address", "-", "", "the source address to use"});
    rows.push_back({"family", "4|6|any", "any", "", "the address family to use"});
    return helped(std::move(columns), std::move(rows), width);
}

std::string columns_text(const frames::TableDescription &declared, std::size_t width)
{
    std::vector<Table::Column> columns({{"column", {}, 0}, {"type", {}, 0}, {"", {}, 0}, {"", {}, 0}});
    std::vector<std::vector<std::string>> rows;
    for (const auto &column : declared.columns) {
        std::string type = type_of(column.type, column.unit, column.words, false);
        if (column.type == SONDE_TIMESTAMP)
            type += column.clock == SONDE_CLOCK_WALL ? " (UTC)" : " (monotonic)";
        rows.push_back({column.id, type, column.nullable ? "or null" : "", help_of(column.help, column.words)});
    }
    return helped(std::move(columns), std::move(rows), width);
}

std::string statuses_text(const frames::MethodDescription &method, std::size_t width)
{
    std::vector<Table::Column> columns(
        {{"status", Table::Align::right, 0}, {"name", {}, 0}, {"whose", {}, 0}, {"", {}, 0}});
    std::vector<std::vector<std::string>> rows;
    for (const auto &status : method.statuses)
        rows.push_back({std::to_string(status.code), status.id,
                        status.blame <= SONDE_BLAME_POLICY ? to_string(static_cast<model::Blame>(status.blame)) : "-",
                        printable(status.help)});
    return helped(std::move(columns), std::move(rows), width);
}

} // namespace

std::vector<std::string> flag_words(std::uint32_t flags)
{
    std::vector<std::string> words;
    for (const auto &[bit, word] : kFlags)
        if ((flags & bit) != 0)
            words.emplace_back(word);
    return words;
}

std::vector<std::string> privilege_words(std::uint32_t privileges)
{
    std::vector<std::string> words;
    for (const auto &[bit, word] : kPrivileges)
        if ((privileges & bit) != 0)
            words.emplace_back(word);
    return words;
}

std::string describe_text(const plugin_host::CatalogueMethod &found, const std::optional<plugin_host::RunResult> &probe,
                          std::size_t width)
{
    const frames::MethodDescription &method = found.method();
    const frames::Description &plugin = *found.description;
    const std::size_t inner = width == Console::kUnlimited ? width : std::max<std::size_t>(width, 40) - 2;
    std::string text =
        method.id + " " + method.version + (method.help.empty() ? "" : ": " + printable(method.help)) + "\n\n";
    const std::string privileges = joined(privilege_words(method.privileges), ", ");
    std::vector<std::vector<std::string>> facts = {
        {"plugin", printable(plugin.name + " " + plugin.version + " by " + plugin.vendor + ", " + plugin.licence +
                             ", built for ABI 1." + std::to_string(plugin.abi_minor))},
        {"file", printable(found.file.string())},
        {"sha256", found.hash},
        {"kind", joined(flag_words(method.flags), ", ")},
        {"privileges", privileges.empty() ? "none" : privileges},
        {"traffic", method.traffic_bound ? "at most " + printable(*method.traffic_bound) + " bytes" : "none"}};
    if (frames::runs_cold(plugin))
        facts.push_back({"runs", std::string("cold: each run loads it anew, since ") +
                                     (frames::captures(plugin) ? "it captures" : "loading it starts a thread")});
    if (!plugin.required_extensions.empty())
        facts.push_back({"requires", joined(plugin.required_extensions, ", ") + " of the host"});
    if (!method.parameters.empty())
        facts.push_back({"asks for", joined(method.parameters, ", ") + ": what it may know of the line"});
    if (probe)
        facts.push_back({"runs here", probe->status == 0 ? "yes" : "no: " + printable(probe->message)});
    for (const auto &function : method.functions) {
        facts.push_back({"function", printable(function.uri) +
                                         (function.roles.empty() ? "" : " (" + joined(function.roles, ", ") + ")")});
        if (!function.fixed_options.empty())
            facts.push_back({"", "fixes " + joined(function.fixed_options, " ")});
    }
    Table table({{"", {}, 0}, {"", {}, 0}});
    text += indented(table.lines(facts)) + '\n' + indented(options_text(method, inner));
    for (const auto &declared : method.tables)
        text += "\nrows of table " + declared.id + (declared.help.empty() ? "" : ": " + printable(declared.help)) +
                '\n' + indented(columns_text(declared, inner));
    if (!method.statuses.empty())
        text += '\n' + indented(statuses_text(method, inner));
    std::istringstream manual(plugin.manual);
    for (std::string line; std::getline(manual, line);)
        text += '\n' + printable(line);
    return plugin.manual.empty() ? text : text + '\n';
}

} // namespace sonde::cli
