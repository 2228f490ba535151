#pragma once

// Options as a C++ struct, and rows as one: which option or column belongs to which member is said once, in their
// declaration, so that positions and types cannot drift apart. Part of <sonde/plugin.hpp>.

#include <sonde/cells.hpp>
#include <sonde/describe.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sonde::plugin {

namespace detail {

template <class Owner, class T>
Owner owner_of(T Owner::*);
template <class Owner, class T>
T type_of(T Owner::*);
template <auto Member>
using Owner = decltype(owner_of(Member));
template <auto Member>
using Type = decltype(type_of(Member));

template <class T>
inline constexpr bool kOptional = false;
template <class T>
inline constexpr bool kOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kList = false;
template <class T>
inline constexpr bool kList<std::vector<T>> = true;

// Without the optional or the vector around it.
template <class T>
struct Bare {
    using type = T;
};
template <class T>
struct Bare<std::optional<T>> {
    using type = T;
};
template <class T>
struct Bare<std::vector<T>> {
    using type = T;
};

// What a wrong declaration calls while it is compiled: the compiler shows the text.
inline void wrong_declaration(const char *) {}

constexpr void require(bool holds, const char *otherwise)
{
    if (!holds)
        wrong_declaration(otherwise);
}

} // namespace detail

// How a C++ type takes the value of an option: the types that it may be declared with, the first one being what it
// means if nothing is said. Specialize it for types of your own.
template <class T>
struct ValueOf;

template <>
struct ValueOf<bool> {
    static constexpr std::array<sonde_type, 1> types{SONDE_BOOL};
    static bool read(const sonde_value &value) { return value.integer != 0; }
};
template <std::integral T>
    requires(!std::same_as<T, bool>)
struct ValueOf<T> {
    static constexpr std::array<sonde_type, 2> types{SONDE_INT, SONDE_PORT};
    // A range that the option declares keeps it from being too much for its member.
    static T read(const sonde_value &value)
    {
        if (!std::in_range<T>(value.integer))
            throw std::out_of_range("an option's value is too much for its member");
        return static_cast<T>(value.integer);
    }
};
template <>
struct ValueOf<double> {
    static constexpr std::array<sonde_type, 1> types{SONDE_DOUBLE};
    static double read(const sonde_value &value) { return value.real; }
};
template <>
struct ValueOf<std::chrono::nanoseconds> {
    static constexpr std::array<sonde_type, 1> types{SONDE_DURATION};
    static std::chrono::nanoseconds read(const sonde_value &value) { return std::chrono::nanoseconds(value.integer); }
};
// The index of the word.
template <class T>
    requires std::is_enum_v<T>
struct ValueOf<T> {
    static constexpr std::array<sonde_type, 1> types{SONDE_ENUM};
    static T read(const sonde_value &value) { return static_cast<T>(value.integer); }
};
// A NUL stands behind it; it lives until run() returns.
template <>
struct ValueOf<std::string_view> {
    static constexpr std::array<sonde_type, 5> types{SONDE_STRING, SONDE_HOST, SONDE_URL, SONDE_ADDRESS, SONDE_ENUM};
    static std::string_view read(const sonde_value &value) { return {value.text, value.length}; }
};
template <>
struct ValueOf<std::string> : ValueOf<std::string_view> {
    static std::string read(const sonde_value &value) { return {value.text, value.length}; }
};

// ---------------------------------------------------------------------------------------------------------------------

template <auto Member>
struct OptionOf {
    OptionFields fields;
};

// Says which member an option fills. An option that may be absent fills a std::optional, a list a std::vector.
template <auto Member>
consteval OptionOf<Member> option(OptionFields fields)
{
    using T = detail::Type<Member>;
    constexpr auto &types = ValueOf<typename detail::Bare<T>::type>::types;
    if (fields.type == SONDE_NULL)
        fields.type = types[0];
    fields.list = detail::kList<T>;
    bool fits = false;
    for (const auto type : types)
        fits = fits || type == fields.type;
    detail::require(fits, "the member's type does not hold values of the option's type");
    const bool may_be_absent = !fields.required && fields.default_value == nullptr;
    detail::require(!may_be_absent || detail::kOptional<T> || detail::kList<T>,
                    "an option that may be absent needs a default value, or a std::optional to fill");
    return {fields};
}

// All options of a method, and the struct that they fill:
//
//     struct Settings { std::string_view target; std::chrono::nanoseconds interval; std::optional<double> ratio; };
//     constinit const OptionSet kOptions(option<&Settings::target>({.id = "target", .type = SONDE_HOST, ...}), ...);
//
// kOptions.data() is what sonde_method.options wants, kOptions.read(in) the Settings of an invocation.
template <auto... Members>
class OptionSet {
public:
    constexpr explicit OptionSet(OptionOf<Members>... options) : declared_{plugin::option(options.fields)...}
    {
        for (std::size_t i = 0; i < declared_.size(); ++i)
            list_[i] = &declared_[i];
    }
    OptionSet(const OptionSet &) = delete;
    OptionSet &operator=(const OptionSet &) = delete;

    constexpr const sonde_option *const *data() const { return list_.data(); }

    auto read(const sonde_invocation &in) const
    {
        std::common_type_t<detail::Owner<Members>...> settings{};
        std::size_t i = 0;
        (fill(settings.*Members, in.values[i++]), ...);
        return settings;
    }

private:
    template <class T>
    static void fill(T &member, const sonde_value &value)
    {
        using Item = typename detail::Bare<T>::type;
        if constexpr (detail::kList<T>) {
            for (std::uint32_t i = 0; i < value.count; ++i)
                member.push_back(ValueOf<Item>::read(value.items[i]));
        } else if (value.count > 0) {
            member = ValueOf<Item>::read(value);
        }
    }

    std::array<sonde_option, sizeof...(Members)> declared_;
    std::array<const sonde_option *, sizeof...(Members) + 1> list_{};
};

// ---------------------------------------------------------------------------------------------------------------------

// The column type that a C++ type stands for.
template <class T>
constexpr sonde_type column_type()
{
    if constexpr (std::same_as<T, bool>)
        return SONDE_BOOL;
    else if constexpr (std::integral<T>)
        return SONDE_INT;
    else if constexpr (std::floating_point<T>)
        return SONDE_DOUBLE;
    else if constexpr (std::same_as<T, std::chrono::nanoseconds>)
        return SONDE_DURATION;
    else if constexpr (std::same_as<T, Timestamp>)
        return SONDE_TIMESTAMP;
    else if constexpr (std::same_as<T, sonde_ip>)
        return SONDE_ADDRESS;
    else if constexpr (std::same_as<T, std::span<const std::byte>>)
        return SONDE_BYTES;
    else
        return SONDE_STRING; // text, or an enum whose enumerators are the column's words in their order
}

template <auto Member>
struct ColumnOf {
    ColumnFields fields;
};

// Says which member fills a column. Its type is the member's; a std::optional makes it nullable.
template <auto Member>
consteval ColumnOf<Member> column(ColumnFields fields)
{
    using T = detail::Type<Member>;
    fields.type = column_type<typename detail::Bare<T>::type>();
    fields.nullable = fields.nullable || detail::kOptional<T>;
    detail::require(!std::is_enum_v<typename detail::Bare<T>::type> || fields.words != nullptr,
                    "a column that an enum fills has words");
    detail::require((fields.type == SONDE_TIMESTAMP) == (fields.clock != SONDE_CLOCK_NONE),
                    "a timestamp names its clock, and nothing else does");
    return {fields};
}

// A result table and the struct that is a row of it:
//
//     struct Packet { std::int64_t seq; std::optional<std::chrono::nanoseconds> rtt; Outcome outcome; };
//     constinit const Table kPackets({.id = "packet"}, column<&Packet::seq>({.id = "seq", ...}), ...);
//     ...
//     row(host, 0, kPackets, {.seq = 1, .outcome = Outcome::lost});
//
// It is the sonde_table itself: list it by its address.
template <auto... Members>
class Table : public sonde_table {
public:
    using Row = std::common_type_t<detail::Owner<Members>...>;

    constexpr explicit Table(TableFields fields, ColumnOf<Members>... columns)
        : sonde_table(plugin::table({fields.id, nullptr, fields.help})), declared_{plugin::column(columns.fields)...}
    {
        for (std::size_t i = 0; i < declared_.size(); ++i)
            list_[i] = &declared_[i];
        sonde_table::columns = list_.data();
    }
    Table(const Table &) = delete;
    Table &operator=(const Table &) = delete;

    // What they point to lives as long as the row.
    std::array<sonde_cell, sizeof...(Members)> cells(const Row &row) const
    {
        std::size_t i = 0;
        return {make(declared_[i++], row.*Members)...};
    }

private:
    template <class T>
    static sonde_cell make(const sonde_column &column, const T &value)
    {
        if constexpr (detail::kOptional<T>)
            return value ? make(column, *value) : sonde_null();
        else if constexpr (std::is_enum_v<T>)
            return sonde_string(column.words[static_cast<std::size_t>(value)]);
        else
            return cell(value);
    }

    std::array<sonde_column, sizeof...(Members)> declared_;
    std::array<const sonde_column *, sizeof...(Members) + 1> list_{};
};

} // namespace sonde::plugin
