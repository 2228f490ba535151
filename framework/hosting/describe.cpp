#include "hosting/describe.hpp"

#include "frames/text.hpp"
#include "hosting/run_host.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace sonde::hosting {

namespace {

using namespace sonde::frames;

constexpr std::size_t kStringBytesMax = 4096;
constexpr std::size_t kManualBytesMax = 32 * 1024;
constexpr std::size_t kItemsMax = 1024; // of a NULL-terminated array without a limit of its own

// The least that each struct has, by its last field. What comes after that is not asked for: a function that was built
// before there were fixed options has none.
constexpr std::size_t first_size(const sonde_option &)
{
    return offsetof(sonde_option, help) + sizeof(void *);
}
constexpr std::size_t first_size(const sonde_column &)
{
    return offsetof(sonde_column, help) + sizeof(void *);
}
constexpr std::size_t first_size(const sonde_table &)
{
    return offsetof(sonde_table, help) + sizeof(void *);
}
constexpr std::size_t first_size(const sonde_function &)
{
    return offsetof(sonde_function, roles) + sizeof(void *);
}
constexpr std::size_t first_size(const sonde_status &)
{
    return offsetof(sonde_status, help) + sizeof(void *);
}
constexpr std::size_t first_size(const sonde_method &)
{
    return offsetof(sonde_method, parameters) + sizeof(void *);
}
constexpr std::size_t first_size(const sonde_plugin &)
{
    return offsetof(sonde_plugin, extension) + sizeof(void *);
}
constexpr std::size_t first_size(const sonde_manual &)
{
    return offsetof(sonde_manual, text) + sizeof(void *);
}

// Reads a plugin's structs. Keeps the first error; what is read after it is empty.
class Describer {
public:
    const std::optional<Error> &error() const { return error_; }

    void fail(const std::string &where, const std::string &what, const std::string &hint = "")
    {
        if (!error_)
            error_ = Error{where, what, hint};
    }

    // A copy of a struct as this host knows it: what a newer header has added is left out, what an older one lacks is
    // zero.
    template <class Struct>
    Struct grown(const std::string &where, const Struct *given)
    {
        Struct known{};
        std::uint32_t size = 0;
        std::memcpy(&size, &given->size, sizeof size);
        if (size < first_size(known))
            fail(where, "a struct says it has " + std::to_string(size) + " bytes", "begin it with SONDE_SIZE");
        else
            std::memcpy(&known, given, std::min<std::size_t>(size, sizeof known));
        return known;
    }

    std::string text(const std::string &where, const char *field, const char *given,
                     std::size_t bytes_max = kStringBytesMax)
    {
        if (given == nullptr)
            return "";
        const std::size_t size = ::strnlen(given, bytes_max);
        if (size == bytes_max)
            fail(where, std::string(field) + " is longer than " + std::to_string(bytes_max - 1) + " bytes");
        return {given, size};
    }

    std::string required(const std::string &where, const char *field, const char *given)
    {
        if (given == nullptr)
            fail(where, std::string(field) + " is NULL");
        return text(where, field, given);
    }

    std::optional<std::string> optional(const std::string &where, const char *field, const char *given)
    {
        if (given == nullptr)
            return std::nullopt;
        return text(where, field, given);
    }

    // Calls `each` with the items of a NULL-terminated array; NULL has none.
    template <class Item, class Each>
    void items(const std::string &where, const char *field, const Item *const *array, std::size_t items_max, Each each)
    {
        for (std::size_t i = 0; array != nullptr && array[i] != nullptr && !error_; ++i) {
            if (i == items_max)
                fail(where, std::string(field) + " has more than " + std::to_string(items_max) + " entries",
                     "or no NULL at its end");
            else
                each(array[i]);
        }
    }

    std::vector<std::string> texts(const std::string &where, const char *field, const char *const *array)
    {
        std::vector<std::string> all;
        items(where, field, array, kItemsMax, [&](const char *item) { all.push_back(text(where, field, item)); });
        return all;
    }

private:
    std::optional<Error> error_;
};

OptionDescription describe_option(Describer &d, const std::string &method, const sonde_option *given)
{
    const sonde_option option = d.grown(method + "/options", given);
    OptionDescription out;
    out.id = d.required(method + "/options", "id", option.id);
    const std::string where = method + "/" + out.id;
    out.type = option.type;
    out.list = option.list != 0;
    out.required = option.required != 0;
    out.target = option.target != 0;
    out.unit = d.text(where, "unit", option.unit);
    out.default_value = d.optional(where, "default_value", option.default_value);
    out.minimum = d.optional(where, "minimum", option.minimum);
    out.maximum = d.optional(where, "maximum", option.maximum);
    out.words = d.texts(where, "words", option.words);
    out.help = d.text(where, "help", option.help);
    return out;
}

ColumnDescription describe_column(Describer &d, const std::string &table, const sonde_column *given)
{
    const sonde_column column = d.grown(table + "/columns", given);
    ColumnDescription out;
    out.id = d.required(table + "/columns", "id", column.id);
    const std::string where = table + "/" + out.id;
    out.type = column.type;
    out.clock = column.clock;
    out.nullable = column.nullable != 0;
    out.unit = d.text(where, "unit", column.unit);
    out.words = d.texts(where, "words", column.words);
    out.help = d.text(where, "help", column.help);
    return out;
}

TableDescription describe_table(Describer &d, const std::string &method, const sonde_table *given)
{
    const sonde_table table = d.grown(method + "/tables", given);
    TableDescription out;
    out.id = d.required(method + "/tables", "id", table.id);
    const std::string where = method + "/" + out.id;
    out.help = d.text(where, "help", table.help);
    d.items(where, "columns", table.columns, SONDE_COLUMNS_MAX,
            [&](const sonde_column *column) { out.columns.push_back(describe_column(d, where, column)); });
    return out;
}

FunctionDescription describe_function(Describer &d, const std::string &method, const sonde_function *given)
{
    const sonde_function function = d.grown(method + "/functions", given);
    return {d.required(method + "/functions", "uri", function.uri),
            d.texts(method + "/functions", "roles", function.roles),
            d.texts(method + "/functions", "fixed_options", function.fixed_options)};
}

StatusDescription describe_status(Describer &d, const std::string &method, const sonde_status *given)
{
    const sonde_status status = d.grown(method + "/statuses", given);
    return {status.code, d.required(method + "/statuses", "id", status.id), status.blame,
            d.text(method + "/statuses", "help", status.help)};
}

MethodDescription describe_method(Describer &d, const sonde_method *given)
{
    const sonde_method method = d.grown("methods", given);
    MethodDescription out;
    out.id = d.required("methods", "id", method.id);
    const std::string &where = out.id;
    if (method.run == nullptr)
        d.fail(where, "run is NULL");
    out.flags = method.flags;
    out.version = d.required(where, "version", method.version);
    out.help = d.text(where, "help", method.help);
    out.traffic_bound = d.optional(where, "traffic_bound", method.traffic_bound);
    out.privileges = method.privileges;
    out.has_probe = method.probe != nullptr;
    out.parameters = d.texts(where, "parameters", method.parameters);
    d.items(where, "functions", method.functions, kItemsMax,
            [&](const sonde_function *item) { out.functions.push_back(describe_function(d, where, item)); });
    d.items(where, "options", method.options, SONDE_OPTIONS_MAX,
            [&](const sonde_option *item) { out.options.push_back(describe_option(d, where, item)); });
    d.items(where, "tables", method.tables, SONDE_TABLES_MAX,
            [&](const sonde_table *item) { out.tables.push_back(describe_table(d, where, item)); });
    d.items(where, "statuses", method.statuses, kItemsMax,
            [&](const sonde_status *item) { out.statuses.push_back(describe_status(d, where, item)); });
    return out;
}

// The extensions of a plugin that this host knows.
std::string describe_manual(Describer &d, const std::string &where, const sonde_plugin &plugin)
{
    const auto *given = plugin.extension == nullptr
                            ? nullptr
                            : static_cast<const sonde_manual *>(plugin.extension(SONDE_EXTENSION_MANUAL));
    if (given == nullptr)
        return "";
    const sonde_manual manual = d.grown(where + "/" SONDE_EXTENSION_MANUAL, given);
    return d.text(where, "the manual", manual.text, kManualBytesMax);
}

} // namespace

Result<Description> read_description(const sonde_plugin &given)
{
    Describer d;
    const sonde_plugin plugin = d.grown("sonde_plugin_v1", &given);
    Description out;
    out.abi_minor = plugin.abi_minor;
    out.name = d.required("sonde_plugin_v1", "name", plugin.name);
    out.version = d.required(out.name, "version", plugin.version);
    out.vendor = d.text(out.name, "vendor", plugin.vendor);
    out.licence = d.text(out.name, "licence", plugin.licence);
    out.required_extensions = d.texts(out.name, "required_extensions", plugin.required_extensions);
    out.manual = describe_manual(d, out.name, plugin);
    d.items(out.name, "methods", plugin.methods, kItemsMax,
            [&](const sonde_method *method) { out.methods.push_back(describe_method(d, method)); });
    if (d.error())
        return *d.error();
    return out;
}

Result<Description> describe(const sonde_plugin &plugin)
{
    Result<Description> out = read_description(plugin);
    if (!out)
        return out;
    if (const Result<void> checked = check(*out); !checked)
        return checked.error();
    for (const std::string &id : out->required_extensions)
        if (!RunHost::has_extension(id))
            return Error{out->name, "needs '" + id + "', which this host does not have", ""};
    return out;
}

} // namespace sonde::hosting
