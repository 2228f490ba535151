#include "frames/description.hpp"

#include "frames/text.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace sonde::frames {

namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// [a-z][a-z0-9_]*, with `joint` in place of the underscore.
bool is_id(std::string_view text, char joint)
{
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    return !text.empty() && text.size() <= 64 && lower(text[0]) &&
           std::all_of(text.begin(), text.end(), [&](char c) { return lower(c) || is_digit(c) || c == joint; });
}

bool is_method_version(std::string_view text)
{
    const std::size_t dot = text.find('.');
    const auto number = [](std::string_view part) {
        return !part.empty() && part.size() <= 9 && std::all_of(part.begin(), part.end(), is_digit);
    };
    return dot != text.npos && number(text.substr(0, dot)) && number(text.substr(dot + 1));
}

class Checker {
public:
    std::vector<Finding> take() { return std::move(findings_); }

    void require(Matter matter, bool holds, const std::string &where, const std::string &what,
                 const std::string &hint = "")
    {
        if (!holds)
            findings_.push_back({matter, Error{where, what, hint}});
    }

    // Descriptions are shown on terminals and written to documents: no control characters, not even a newline.
    void text(const std::string &where, const std::string &field, std::string_view value)
    {
        const bool control =
            std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
        require(Matter::text, !control, where, field + " has a control character", "one line of text");
        require(Matter::text, is_utf8(value), where, field + " is not UTF-8");
    }

    // Several lines of it.
    void long_text(const std::string &where, const std::string &field, std::string_view value)
    {
        const bool control = std::any_of(value.begin(), value.end(), [](unsigned char c) {
            return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
        });
        require(Matter::text, !control, where, field + " has a control character", "text with newlines and tabs");
        require(Matter::text, is_utf8(value), where, field + " is not UTF-8");
    }

    void id(const std::string &where, const std::string &value, char joint = '_')
    {
        const std::string form = joint == '_' ? "[a-z][a-z0-9_]*" : "[a-z][a-z0-9-]*";
        require(Matter::ids, is_id(value, joint), where, "'" + readable(value, 64) + "' is no id",
                "it has the form " + form + ", at most 64 bytes");
    }

    template <class Items, class Id>
    void unique(const std::string &where, const std::string &noun, const Items &items, Id id)
    {
        std::set<std::decay_t<decltype(id(*items.begin()))>> seen;
        for (const auto &item : items)
            require(Matter::unique, seen.insert(id(item)).second, where, "two " + noun + " are the same");
    }

    void words(const std::string &where, const std::vector<std::string> &words)
    {
        for (const std::string &word : words) {
            text(where, "a word", word);
            require(Matter::types, !word.empty() && word.find(',') == word.npos, where,
                    "'" + readable(word, 64) + "' is no word", "not empty, and no comma in it");
        }
        unique(where, "words", words, [](const std::string &word) { return word; });
    }

private:
    std::vector<Finding> findings_;
};

void check_option(Checker &c, const std::string &parent, const OptionDescription &option)
{
    c.id(parent, option.id);
    const std::string where = parent + "/" + option.id;
    c.require(Matter::ids, option.id != "interface" && option.id != "source" && option.id != "family", where,
              "every method has this option from the host", "leave it out");
    const bool typed = option.type >= SONDE_BOOL && option.type <= SONDE_PORT && option.type != SONDE_BYTES &&
                       option.type != SONDE_TIMESTAMP;
    c.require(Matter::types, typed, where, "an option cannot be of " + type_name(option.type));
    c.require(Matter::types, (option.type == SONDE_ENUM) == !option.words.empty(), where,
              "an enum has words, and nothing else has", "");
    c.require(Matter::limits, !option.required || !option.default_value, where, "a required option has no default");
    c.words(where, option.words);
    c.text(where, "unit", option.unit);
    c.text(where, "default_value", option.default_value.value_or(""));
    c.text(where, "minimum", option.minimum.value_or(""));
    c.text(where, "maximum", option.maximum.value_or(""));
    c.text(where, "help", option.help);
}

void check_table(Checker &c, const std::string &parent, const TableDescription &table)
{
    c.id(parent, table.id);
    const std::string where = parent + "/" + table.id;
    c.text(where, "help", table.help);
    c.require(Matter::limits, !table.columns.empty() && table.columns.size() <= SONDE_COLUMNS_MAX, where,
              std::to_string(table.columns.size()) + " columns", "1 to " + std::to_string(SONDE_COLUMNS_MAX));
    for (const ColumnDescription &column : table.columns) {
        c.id(where, column.id);
        const std::string place = where + "/" + column.id;
        c.require(Matter::types, column.type >= SONDE_BOOL && column.type <= SONDE_ADDRESS, place,
                  "a column cannot be of " + type_name(column.type));
        c.require(Matter::types,
                  column.type == SONDE_TIMESTAMP
                      ? column.clock == SONDE_CLOCK_WALL || column.clock == SONDE_CLOCK_MONOTONIC
                      : column.clock == SONDE_CLOCK_NONE,
                  place, "a timestamp names its clock, and nothing else does");
        c.require(Matter::types, column.words.empty() || column.type == SONDE_STRING, place,
                  "only a string column has words");
        c.words(place, column.words);
        c.text(place, "unit", column.unit);
        c.text(place, "help", column.help);
    }
    c.unique(where, "columns", table.columns, [](const ColumnDescription &column) { return column.id; });
}

void check_statuses(Checker &c, const std::string &where, const std::vector<StatusDescription> &statuses)
{
    for (const StatusDescription &status : statuses) {
        c.id(where, status.id);
        const std::string place = where + "/" + status.id;
        c.require(Matter::ids, status.code >= 1 && status.code <= 99, place,
                  "status code " + std::to_string(status.code), "a method's are 1 to 99");
        c.text(place, "help", status.help);
    }
    c.unique(where, "status codes", statuses, [](const StatusDescription &status) { return status.code; });
    c.unique(where, "statuses", statuses, [](const StatusDescription &status) { return status.id; });
}

void check_method(Checker &c, const MethodDescription &method)
{
    c.id("methods", method.id, '-');
    const std::string &where = method.id;
    c.require(Matter::ids, is_method_version(method.version), where, "version '" + readable(method.version, 64) + "'",
              "MAJOR.MINOR, two numbers");
    c.text(where, "help", method.help);
    c.text(where, "traffic_bound", method.traffic_bound.value_or(""));
    c.require(Matter::limits, !method.functions.empty(), where, "implements no registry entry",
              "at least one function");
    for (const FunctionDescription &function : method.functions) {
        c.require(Matter::limits, !function.uri.empty(), where, "a function without URI");
        c.text(where, "a function's URI", function.uri);
        for (const std::string &role : function.roles)
            c.text(where, "a role", role);
        for (const std::string &option : function.fixed_options)
            c.text(where, "a fixed option", option);
    }
    c.unique(where, "functions", method.functions, [](const FunctionDescription &function) { return function.uri; });
    c.require(Matter::limits, method.functions.empty() || method.functions.front().fixed_options.empty(), where,
              "its first function fixes options, and is what a run is of whose task names none",
              "put one before it that fits whatever the options");
    c.require(Matter::limits, method.options.size() <= SONDE_OPTIONS_MAX, where, "more than 64 options");
    for (const OptionDescription &option : method.options)
        check_option(c, where, option);
    c.unique(where, "options", method.options, [](const OptionDescription &option) { return option.id; });
    c.require(Matter::limits, method.tables.size() <= SONDE_TABLES_MAX, where, "more than 16 tables");
    for (const TableDescription &table : method.tables)
        check_table(c, where, table);
    c.unique(where, "tables", method.tables, [](const TableDescription &table) { return table.id; });
    check_statuses(c, where, method.statuses);
    for (const std::string &name : method.parameters)
        c.require(Matter::ids, is_parameter(name), where, "'" + readable(name, 64) + "' is no name of a parameter",
                  "it has the form [a-z][a-z0-9_-]*, at most 64 bytes");
    c.unique(where, "parameters", method.parameters, [](const std::string &name) { return name; });
}

} // namespace

bool captures(const Description &description)
{
    return std::any_of(description.methods.begin(), description.methods.end(),
                       [](const auto &method) { return (method.privileges & SONDE_PRIVILEGE_CAPTURE) != 0; });
}

bool runs_cold(const Description &description)
{
    return description.cold || captures(description);
}

bool is_parameter(std::string name)
{
    std::replace(name.begin(), name.end(), '-', '_');
    return is_id(name, '_');
}

std::vector<Finding> findings(const Description &description)
{
    Checker c;
    c.id("name", description.name, '-');
    c.require(Matter::ids, !description.version.empty(), description.name, "no version");
    c.text(description.name, "version", description.version);
    c.text(description.name, "vendor", description.vendor);
    c.text(description.name, "licence", description.licence);
    for (const std::string &extension : description.required_extensions)
        c.text(description.name, "a required extension", extension);
    c.long_text(description.name, "the manual", description.manual);
    c.require(Matter::limits, !description.methods.empty(), description.name, "no method", "at least one");
    for (const MethodDescription &method : description.methods)
        check_method(c, method);
    c.unique(description.name, "methods", description.methods, [](const MethodDescription &m) { return m.id; });
    return c.take();
}

Result<void> check(const Description &description)
{
    const std::vector<Finding> found = findings(description);
    if (!found.empty())
        return found.front().error;
    return {};
}

} // namespace sonde::frames
