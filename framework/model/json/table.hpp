#pragma once

#include "model/json/codecs.hpp"
#include "model/json/nearest.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <variant>
#include <vector>

// The description of the model: for each struct a table with one line a node, which serves reading, validating and
// writing. A struct's table is Node<Struct>::fields, with Node<Struct>::key for the entries of a keyed list.
namespace sonde::model::json {

// One node of a YANG container or list entry that is kept in a struct S.
template <class S>
struct Field {
    std::string_view name; // with the module's name where RFC 7951 section 4 asks for it
    void (*read)(Context &, const Value &, S &) = nullptr;
    bool (*present)(const S &) = nullptr;
    void (*write)(Writer &, const S &) = nullptr;
    bool mandatory = false;
    std::string_view choice{}; // nodes of the same choice exclude each other, and one of them is mandatory
    // Why a node without functions is refused, and what would be right.
    std::string_view refusal{};
    std::string_view hint{};
};

template <class S>
struct Node;

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
    static void read(Context &context, const Value &value, S &target)
    {
        read_fields(context, value, target, Node<S>::fields);
    }
    static void write(Writer &writer, const S &source) { write_fields(writer, source, Node<S>::fields); }
};

// ---- the kinds of lines ------------------------------------------------------------------------------------------

enum class Presence { optional, mandatory };
inline constexpr Presence kMandatory = Presence::mandatory;

template <class S, class T>
S struct_of(T S::*);
template <class S, class T>
T type_of(T S::*);
template <auto Member>
using StructOf = decltype(struct_of(Member));
template <auto Member>
using TypeOf = decltype(type_of(Member));

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// A leaf. One that has a default value is left out when it has that value, as is an optional without a value.
template <auto Member, class Codec>
constexpr Field<StructOf<Member>> leaf(std::string_view name, Presence presence = Presence::optional)
{
    using S = StructOf<Member>;
    Field<S> field{.name = name, .mandatory = presence == Presence::mandatory};
    if constexpr (kIsOptional<TypeOf<Member>>) {
        field.read = [](Context &context, const Value &value, S &target) {
            Codec::read(context, value, (target.*Member).emplace());
        };
        field.present = [](const S &source) { return (source.*Member).has_value(); };
        field.write = [](Writer &writer, const S &source) { Codec::write(writer, *(source.*Member)); };
    } else {
        field.read = [](Context &context, const Value &value, S &target) {
            Codec::read(context, value, target.*Member);
        };
        field.present = [](const S &source) {
            static const S defaults{};
            return source.*Member != defaults.*Member;
        };
        if (presence == Presence::mandatory)
            field.present = [](const S &) { return true; };
        field.write = [](Writer &writer, const S &source) { Codec::write(writer, source.*Member); };
    }
    return field;
}

// A mandatory leaf of a struct within the struct.
template <auto Outer, auto Inner, class Codec>
constexpr Field<StructOf<Outer>> leaf_in(std::string_view name)
{
    using S = StructOf<Outer>;
    return {.name = name,
            .read = [](Context &context, const Value &value,
                       S &target) { Codec::read(context, value, (target.*Outer).*Inner); },
            .present = [](const S &) { return true; },
            .write = [](Writer &writer, const S &source) { Codec::write(writer, (source.*Outer).*Inner); },
            .mandatory = true};
}

// A container with a struct of its own.
template <auto Member>
constexpr Field<StructOf<Member>> container(std::string_view name)
{
    using S = StructOf<Member>;
    auto field = leaf<Member, Object<TypeOf<Member>>>(name);
    field.present = [](const S &source) { return any_present(source.*Member, Node<TypeOf<Member>>::fields); };
    return field;
}

// A container whose nodes are members of the parent's struct; Group::fields is its table.
template <class S, class Group>
constexpr Field<S> group(std::string_view name)
{
    return {.name = name,
            .read = [](Context &context, const Value &value,
                       S &target) { read_fields(context, value, target, Group::fields); },
            .present = [](const S &source) { return any_present(source, Group::fields); },
            .write = [](Writer &writer, const S &source) { write_fields(writer, source, Group::fields); }};
}

inline bool read_array(Context &context, const Value &value, std::size_t most)
{
    if (!value.IsArray())
        context.wrong_type("an array", value);
    else if (value.Size() > most)
        context.error("has " + std::to_string(value.Size()) + " entries", std::to_string(most) + " are the most");
    else
        return true;
    return false;
}

enum class Uniqueness { any, unique };
inline constexpr Uniqueness kUnique = Uniqueness::unique; // what configuration asks of leaf-lists

// The array of a leaf-list: a codec of vectors.
template <class Codec, std::size_t Most, Uniqueness unique>
struct LeafList {
    template <class T>
    static void read(Context &context, const Value &value, std::vector<T> &target)
    {
        if (!read_array(context, value, Most))
            return;
        std::unordered_set<std::string_view> seen;
        for (rapidjson::SizeType i = 0; i < value.Size() && !context.full(); ++i) {
            const Context::Inside inside(context, {.name = {}, .position = i + 1});
            Codec::read(context, value[i], target.emplace_back());
            if (unique == Uniqueness::unique && value[i].IsString() && !seen.insert(text_of(value[i])).second)
                context.error("'" + shown(text_of(value[i])) + "' is there twice");
        }
    }
    template <class T>
    static void write(Writer &writer, const std::vector<T> &source)
    {
        writer.StartArray();
        for (const T &item : source)
            Codec::write(writer, item);
        writer.EndArray();
    }
};

template <auto Member, class Codec, std::size_t Most, Uniqueness unique = Uniqueness::any>
constexpr Field<StructOf<Member>> leaf_list(std::string_view name)
{
    return leaf<Member, LeafList<Codec, Most, unique>>(name);
}

// The array of a list: a codec of vectors of a struct that has a table.
template <std::size_t Most>
struct List {
    template <class T>
    static void read(Context &context, const Value &value, std::vector<T> &target)
    {
        if (!read_array(context, value, Most))
            return;
        target.reserve(value.Size());
        std::unordered_set<std::string_view> keys;
        for (rapidjson::SizeType i = 0; i < value.Size() && !context.full(); ++i) {
            const Context::Step step = step_to<T>(value[i], i + 1);
            const Context::Inside inside(context, step);
            if (!step.key_name.empty() && !keys.insert(step.key).second)
                context.error("is there twice");
            Object<T>::read(context, value[i], target.emplace_back());
        }
    }
    template <class T>
    static void write(Writer &writer, const std::vector<T> &source)
    {
        writer.StartArray();
        for (const T &item : source)
            Object<T>::write(writer, item);
        writer.EndArray();
    }

private:
    template <class T>
    static Context::Step step_to(const Value &entry, std::size_t position)
    {
        if constexpr (requires { Node<T>::key; }) {
            if (entry.IsObject())
                for (const auto &member : entry.GetObject())
                    if (text_of(member.name) == Node<T>::key && member.value.IsString())
                        return {.name = {}, .key_name = Node<T>::key, .key = text_of(member.value)};
        }
        return {.name = {}, .position = position};
    }
};

template <auto Member, std::size_t Most>
constexpr Field<StructOf<Member>> list(std::string_view name)
{
    return leaf<Member, List<Most>>(name);
}

// One case of a choice that is kept in a variant.
template <auto Member, class Alternative, class Codec>
constexpr Field<StructOf<Member>> alternative(std::string_view name, std::string_view choice)
{
    using S = StructOf<Member>;
    return {
        .name = name,
        .read = [](Context &context, const Value &value,
                   S &target) { Codec::read(context, value, (target.*Member).template emplace<Alternative>()); },
        .present = [](const S &source) { return std::holds_alternative<Alternative>(source.*Member); },
        .write = [](Writer &writer, const S &source) { Codec::write(writer, std::get<Alternative>(source.*Member)); },
        .choice = choice};
}

// A node of the standard that is refused when it has any content.
template <class S>
constexpr Field<S> refused(std::string_view name, std::string_view refusal, std::string_view hint = {},
                           std::string_view choice = {})
{
    return {.name = name, .choice = choice, .refusal = refusal, .hint = hint};
}

// A node that only an agent writes.
template <class S>
constexpr Field<S> state(std::string_view name)
{
    return refused<S>(name, "is an agent's state and cannot be set");
}

// ---- reading by a table ------------------------------------------------------------------------------------------

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
void check_choices(Context &context, const std::array<const Value *, N> &given, const std::array<Field<S>, N> &fields)
{
    std::string_view choice;
    std::string_view chosen;
    std::string all;
    for (std::size_t i = 0; i < N; ++i) {
        if (fields[i].choice.empty())
            continue;
        choice = fields[i].choice;
        if (fields[i].read != nullptr)
            all += (all.empty() ? "" : ", ") + std::string(fields[i].name);
        if (given[i] == nullptr)
            continue;
        if (!chosen.empty())
            context.error_at(fields[i].name, "excludes '" + std::string(chosen) + "'",
                             "both are of the choice " + std::string(choice));
        chosen = fields[i].name;
    }
    if (!choice.empty() && chosen.empty())
        context.error("has no " + std::string(choice), "one of " + all);
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
    check_choices(context, given, fields);
}

} // namespace sonde::model::json
