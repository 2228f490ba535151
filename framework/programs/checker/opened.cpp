#include "programs/checker/opened.hpp"

#include "hosting/child.hpp"
#include "hosting/describe.hpp"
#include "hosting/run_host.hpp"

#include <cstdio>

namespace sonde::checker {

namespace {

template <class T>
void add(std::vector<Part> &parts, const std::string &where, const T &item, std::uint32_t reserved)
{
    parts.push_back({where, &item, item.size, reserved});
}

// Calls `each` with the items of a NULL-terminated array.
template <class T, class Each>
void each_of(const T *const *array, Each each)
{
    for (; array != nullptr && *array != nullptr; ++array)
        each(**array);
}

void add_method(std::vector<Part> &parts, const sonde_method &method)
{
    const std::string where = method.id;
    add(parts, where, method, method.reserved0);
    each_of(method.functions, [&](const sonde_function &function) {
        add(parts, where + "/" + function.uri, function, function.reserved0);
    });
    each_of(method.options,
            [&](const sonde_option &option) { add(parts, where + "/" + option.id, option, option.reserved0); });
    each_of(method.statuses,
            [&](const sonde_status &status) { add(parts, where + "/" + status.id, status, status.reserved0); });
    each_of(method.tables, [&](const sonde_table &table) {
        const std::string place = where + "/" + table.id;
        add(parts, place, table, table.reserved0);
        each_of(table.columns, [&](const sonde_column &column) {
            add(parts, place + "/" + column.id, column, column.reserved0 | column.reserved1);
        });
    });
}

} // namespace

Result<Opened> open_plugin(const std::string &path)
{
    Result<hosting::Library> library = hosting::Library::load(path);
    // What loading has printed is not what a run prints: it would be left to each process that is forked from this one.
    std::fflush(nullptr);
    if (!library)
        return library.error();
    Result<frames::Description> description = hosting::read_description(library->plugin());
    if (!description)
        return description.error();
    description->cold = hosting::count_threads() > 1;
    return Opened{std::move(*library), std::move(*description)};
}

std::vector<std::string> missing_extensions(const frames::Description &description)
{
    std::vector<std::string> missing;
    for (const std::string &id : description.required_extensions)
        if (!hosting::RunHost::has_extension(id))
            missing.push_back(id);
    return missing;
}

std::vector<Part> parts(const sonde_plugin &plugin)
{
    std::vector<Part> all;
    add(all, "sonde_plugin_v1", plugin, plugin.flags);
    each_of(plugin.methods, [&](const sonde_method &method) { add_method(all, method); });
    return all;
}

} // namespace sonde::checker
