#include "programs/agent/constraints/comparison.hpp"

#include "model/cells.hpp"
#include "plugin_host/cells.hpp"
#include "plugin_host/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>

namespace sonde::agent {

namespace {

template <class Number>
std::partial_ordering compare_as(std::string_view one, std::string_view other)
{
    Number a{}, b{};
    std::from_chars(one.data(), one.data() + one.size(), a);
    std::from_chars(other.data(), other.data() + other.size(), b);
    return a <=> b;
}

// An address of IPv6 has many texts.
std::partial_ordering compare_addresses(std::string_view one, std::string_view other)
{
    const auto a = plugin_host::parse_address(one), b = plugin_host::parse_address(other);
    return a && b && *a == *b ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
}

std::partial_ordering compare(std::string_view type, std::string_view one, std::string_view other)
{
    if (type == "double")
        return compare_as<double>(one, other);
    // A timestamp of the wall clock has one length, and so the order of its text.
    if (type == "timestamp" && one.find('T') != std::string_view::npos)
        return one <=> other;
    if (type == "int" || type == "duration" || type == "timestamp")
        return compare_as<std::int64_t>(one, other);
    if (type == "address")
        return compare_addresses(one, other);
    return one == other ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
}

bool is_order(model::Comparison comparison)
{
    return comparison != model::Comparison::equal && comparison != model::Comparison::not_equal;
}

bool has_order(std::string_view type)
{
    constexpr std::array kOrdered{"int", "double", "duration", "timestamp"};
    return std::find(kOrdered.begin(), kOrdered.end(), type) != kOrdered.end();
}

// What is the case where the comparison does not hold.
const char *contrary(model::Comparison comparison)
{
    switch (comparison) {
    case model::Comparison::less:
        return ">=";
    case model::Comparison::less_or_equal:
        return ">";
    case model::Comparison::equal:
        return "!=";
    case model::Comparison::not_equal:
        return "=";
    case model::Comparison::greater_or_equal:
        return "<";
    case model::Comparison::greater:
        return "<=";
    }
    return "";
}

template <class Described>
std::size_t position_of(const std::vector<Described> &all, const std::string &id)
{
    return static_cast<std::size_t>(
        std::find_if(all.begin(), all.end(), [&](const Described &one) { return one.id == id; }) - all.begin());
}

} // namespace

std::optional<bool> holds(std::string_view type, std::string_view cell, model::Comparison comparison,
                          std::string_view value)
{
    if (!model::is_cell_text(type, value) || (is_order(comparison) && !has_order(type)))
        return std::nullopt;
    // Of the two clocks of timestamps.
    if (type == "timestamp" &&
        (cell.find('T') == std::string_view::npos) != (value.find('T') == std::string_view::npos))
        return std::nullopt;
    const std::partial_ordering order = compare(type, cell, value);
    switch (comparison) {
    case model::Comparison::less:
        return order < 0;
    case model::Comparison::less_or_equal:
        return order <= 0;
    case model::Comparison::equal:
        return order == 0;
    case model::Comparison::not_equal:
        return order != 0;
    case model::Comparison::greater_or_equal:
        return order >= 0;
    case model::Comparison::greater:
        return order > 0;
    }
    return std::nullopt;
}

ComparedRows::ComparedRows(const model::MethodResult &wanted, const frames::MethodDescription &method,
                           std::function<void(std::uint64_t)> traffic)
    : wanted_(wanted), traffic_(std::move(traffic))
{
    table_ = position_of(method.tables, wanted.table);
    if (table_ == method.tables.size()) {
        against_ = "method " + method.id + " has no table '" + wanted.table + "'";
        return;
    }
    const auto &columns = method.tables[table_].columns;
    position_ = position_of(columns, wanted.column);
    if (position_ == columns.size()) {
        against_ = "table " + wanted.table + " has no column '" + wanted.column + "'";
        return;
    }
    column_ = &columns[position_];
    type_ = plugin_host::reported_column(*column_).type;
    if (is_order(wanted.comparison) && !has_order(type_))
        against_ = wanted.column + " is of the type " + type_ + ", of which none is less or greater than another";
}

void ComparedRows::row(std::uint32_t table, std::span<const sonde_cell> cells)
{
    if (column_ == nullptr || table != table_ || !against_.empty())
        return;
    compared_ = true;
    const model::Cell cell = plugin_host::reported_cell(*column_, cells[position_]);
    if (!cell) {
        against_ = wanted_.column + " has no value";
        return;
    }
    const std::optional<bool> held = holds(type_, *cell, wanted_.comparison, wanted_.value);
    if (!held)
        against_ = "'" + wanted_.value + "' is no " + type_ + " that " + wanted_.column + " could have";
    else if (!*held)
        against_ = wanted_.column + " " + *cell + " " + contrary(wanted_.comparison) + " " + wanted_.value;
}

void ComparedRows::traffic(std::uint64_t sent_bytes, std::uint64_t received_bytes)
{
    traffic_(sent_bytes + received_bytes);
}

Verdict ComparedRows::verdict() const
{
    if (!against_.empty())
        return Verdict::not_met(against_);
    return compared_ ? Verdict{} : Verdict::not_met("no row in table " + wanted_.table);
}

} // namespace sonde::agent
