#pragma once

#include "model/json/codecs.hpp"
#include "model/json/nearest.hpp"
#include "model/json/schema.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

// One line of a table, and reading, validating and writing by a table of them.
namespace sonde::model::json {

enum class Presence { optional, mandatory };
inline constexpr Presence kMandatory = Presence::mandatory;

// Nodes of the same choice exclude each other.
struct Choice {
    std::string_view name;
    Presence presence;
};

// One node of a YANG container or list entry that is kept in a struct S.
template <class S>
struct Field {
    std::string_view name; // with the module's name where RFC 7951 section 4 asks for it
    Shape shape{};
    void (*read)(Context &, const Value &, S &) = nullptr;
    bool (*present)(const S &) = nullptr;
    void (*write)(Writer &, const S &) = nullptr;
    bool mandatory = false;
    const Choice *choice = nullptr; // a table has one at most
    // Why a node without functions is refused, and what would be right.
    std::string_view refusal{};
    std::string_view hint{};
};

template <class S>
struct Node;

// The nodes of a table for whoever needs no struct.
template <class Table>
std::span<const Schema> schemas_of()
{
    static const auto schemas = [] {
        std::array<Schema, std::tuple_size_v<decltype(Table::fields)>> all{};
        for (std::size_t i = 0; i < all.size(); ++i)
            if (Table::fields[i].read != nullptr)
                all[i] = {Table::fields[i].name, Table::fields[i].shape};
        return all;
    }();
    return schemas;
}

template <class S, class Fields>
void read_fields(Context &context, const Value &value, S &target, const Fields &fields);

template <class S, class Fields>
bool any_present(const S &source, const Fields &fields)
{
    for (const Field<S> &field : fields)
        if (field.present != nullptr && field.present(source))
            return true;
    return false;
}

template <class S, class Fields>
void write_fields(Writer &writer, const S &source, const Fields &fields)
{
    writer.StartObject();
    for (const Field<S> &field : fields) {
        if (field.present == nullptr || !field.present(source))
            continue;
        writer.Key(field.name.data(), static_cast<rapidjson::SizeType>(field.name.size()));
        field.write(writer, source);
    }
    writer.EndObject();
}

// The codec of a struct that has a table.
template <class S>
struct Object {
    static constexpr Shape kShape{.kind = Kind::container, .children = schemas_of<Node<S>>};
    static void read(Context &context, const Value &value, S &target)
    {
        read_fields(context, value, target, Node<S>::fields);
    }
    static void write(Writer &writer, const S &source) { write_fields(writer, source, Node<S>::fields); }
};

// Whether a node is there only in form: an empty container or list says nothing.
bool is_void(const Value &value);

template <class S, std::size_t N>
void report_unknown(Context &context, const Value &name, const std::array<Field<S>, N> &fields)
{
    std::vector<std::string_view> names;
    for (const Field<S> &field : fields)
        if (field.read != nullptr)
            names.push_back(field.name);
    const std::string_view unknown = text_of(name);
    context.error_at(unknown, "no node named '" + shown(unknown) + "'", name_hint(unknown, "nodes", names));
}

template <class S, std::size_t N>
void check_choice(Context &context, const std::array<const Value *, N> &given, const std::array<Field<S>, N> &fields)
{
    const Choice *choice = nullptr;
    std::string_view chosen;
    std::string all;
    for (std::size_t i = 0; i < N; ++i) {
        if (fields[i].choice == nullptr)
            continue;
        choice = fields[i].choice;
        all += (all.empty() ? "" : ", ") + std::string(fields[i].name);
        if (given[i] == nullptr)
            continue;
        if (!chosen.empty())
            context.error_at(fields[i].name, "excludes '" + std::string(chosen) + "'",
                             "both are of the choice " + std::string(choice->name));
        chosen = fields[i].name;
    }
    if (choice != nullptr && choice->presence == kMandatory && chosen.empty())
        context.error("has no " + std::string(choice->name), "one of " + all);
}

// Nodes are read in the order of the table, whatever their order in the document, so that one may depend on another.
template <class S, class Fields>
void read_fields(Context &context, const Value &value, S &target, const Fields &fields)
{
    constexpr std::size_t kCount = std::tuple_size_v<Fields>;
    if (!value.IsObject())
        return context.wrong_type("an object", value);
    std::array<const Value *, kCount> given{};
    for (const auto &member : value.GetObject()) {
        std::size_t i = 0;
        while (i < kCount && fields[i].name != text_of(member.name))
            ++i;
        if (i == kCount)
            report_unknown(context, member.name, fields);
        else if (given[i] != nullptr)
            context.error_at(fields[i].name, "is there twice");
        else
            given[i] = &member.value;
        if (context.full())
            return;
    }
    for (std::size_t i = 0; i < kCount; ++i) {
        const Field<S> &field = fields[i];
        if (given[i] == nullptr) {
            if (field.mandatory)
                context.error_at(field.name, "is missing", "it is mandatory");
            continue;
        }
        const Context::Inside inside(context, {.name = field.name});
        if (field.read != nullptr)
            field.read(context, *given[i], target);
        else if (!is_void(*given[i]))
            context.error(std::string(field.refusal), std::string(field.hint));
    }
    check_choice(context, given, fields);
}

} // namespace sonde::model::json
