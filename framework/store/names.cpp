#include "store/names.hpp"

#include <algorithm>

namespace sonde::store {

namespace {

bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

bool has_form(std::string_view text, std::string_view joints)
{
    return !text.empty() && text.size() <= kNameBytes && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return is_letter(c) || (c >= '0' && c <= '9') || joints.find(c) != std::string_view::npos;
           });
}

std::string base_name(const model::Column &column)
{
    if (column.type == "duration")
        return column.name + "_us";
    if (column.type == "timestamp" && column.unit == "ns")
        return column.name + "_ns";
    return column.name;
}

} // namespace

bool is_name(std::string_view text)
{
    return has_form(text, "_");
}

bool is_method_name(std::string_view text)
{
    return has_form(text, "_-");
}

std::string view_name(std::string_view method, std::string_view table, bool first)
{
    std::string name(method);
    std::replace(name.begin(), name.end(), '-', '_');
    if (!first)
        name.append("_").append(table);
    return name.starts_with("sqlite_") ? "m_" + name : name;
}

std::vector<std::string> view_columns(const std::vector<model::Column> &columns)
{
    std::vector<std::string> names;
    for (const auto &column : columns) {
        const auto base = base_name(column);
        auto name = base;
        for (int i = 2; std::find(names.begin(), names.end(), name) != names.end(); ++i)
            name = base + "_" + std::to_string(i);
        names.push_back(std::move(name));
    }
    return names;
}

} // namespace sonde::store
