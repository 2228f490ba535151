#pragma once

#include "model/json/arrays.hpp"
#include "model/json/field.hpp"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// The description of the model: for each struct a table with one line a node, which serves reading, validating and
// writing. A struct's table is Node<Struct>::fields, with Node<Struct>::key for the entries of a keyed list.
namespace sonde::model::json {

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
    Field<S> field{.name = name, .shape = Codec::kShape, .mandatory = presence == Presence::mandatory};
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
            .shape = Codec::kShape,
            .read = [](Context &context, const Value &value,
                       S &target) { Codec::read(context, value, (target.*Outer).*Inner); },
            .present = [](const S &) { return true; },
            .write = [](Writer &writer, const S &source) { Codec::write(writer, (source.*Outer).*Inner); },
            .mandatory = true};
}

// An enumeration whose words stand in the order of its values.
template <class Enum>
void read_word(Context &context, const Value &value, std::string_view noun, std::span<const std::string_view> words,
               Enum &target)
{
    std::string_view text;
    if (!read_text(context, value, 0, kTextBytesMax, text))
        return;
    for (std::size_t i = 0; i < words.size(); ++i)
        if (text == words[i]) {
            target = static_cast<Enum>(i);
            return;
        }
    context.error("there is no " + std::string(noun) + " '" + shown(text) + "'",
                  name_hint(text, std::string(noun) + "s", words));
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
            .shape = {.kind = Kind::container, .children = schemas_of<Group>},
            .read = [](Context &context, const Value &value,
                       S &target) { read_fields(context, value, target, Group::fields); },
            .present = [](const S &source) { return any_present(source, Group::fields); },
            .write = [](Writer &writer, const S &source) { write_fields(writer, source, Group::fields); }};
}

template <auto Member, class Codec, std::size_t Most, Uniqueness unique = Uniqueness::any>
constexpr Field<StructOf<Member>> leaf_list(std::string_view name)
{
    return leaf<Member, LeafList<Codec, Most, unique>>(name);
}

template <auto Member, std::size_t Most, class Table = Node<typename TypeOf<Member>::value_type>>
constexpr Field<StructOf<Member>> list(std::string_view name)
{
    return leaf<Member, List<typename TypeOf<Member>::value_type, Most, Table>>(name);
}

template <class S>
constexpr Field<S> in(const Choice &choice, Field<S> field)
{
    field.choice = &choice;
    return field;
}

// One case of a choice that is kept in a variant.
template <auto Member, class Alternative, class Codec>
constexpr Field<StructOf<Member>> alternative(std::string_view name, const Choice &choice)
{
    using S = StructOf<Member>;
    return {
        .name = name,
        .shape = Codec::kShape,
        .read = [](Context &context, const Value &value,
                   S &target) { Codec::read(context, value, (target.*Member).template emplace<Alternative>()); },
        .present = [](const S &source) { return std::holds_alternative<Alternative>(source.*Member); },
        .write = [](Writer &writer, const S &source) { Codec::write(writer, std::get<Alternative>(source.*Member)); },
        .choice = &choice};
}

// A node of the standard that is refused when it has any content.
template <class S>
constexpr Field<S> refused(std::string_view name, std::string_view refusal, std::string_view hint = {})
{
    return {.name = name, .refusal = refusal, .hint = hint};
}

// A node that only an agent writes.
template <class S>
constexpr Field<S> state(std::string_view name)
{
    return refused<S>(name, "is an agent's state and cannot be set");
}

// The nodes of a struct within the struct: kFields is a table of its own, or the part of one that two structs share.
template <auto Outer, const auto &kFields, std::size_t I>
constexpr Field<StructOf<Outer>> lifted()
{
    using S = StructOf<Outer>;
    constexpr const auto &kField = kFields[I];
    Field<S> field{.name = kField.name,
                   .shape = kField.shape,
                   .mandatory = kField.mandatory,
                   .choice = kField.choice,
                   .refusal = kField.refusal,
                   .hint = kField.hint};
    if constexpr (kField.read != nullptr) {
        field.read = [](Context &context, const Value &value, S &target) {
            kFields[I].read(context, value, target.*Outer);
        };
        field.present = [](const S &source) { return kFields[I].present(source.*Outer); };
        field.write = [](Writer &writer, const S &source) { kFields[I].write(writer, source.*Outer); };
    }
    return field;
}

template <auto Outer, const auto &kFields>
constexpr auto lift()
{
    return []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array{lifted<Outer, kFields, I>()...};
    }(std::make_index_sequence<kFields.size()>());
}

template <class S, std::size_t N, std::size_t M>
constexpr std::array<Field<S>, N + M> joined(const std::array<Field<S>, N> &first,
                                             const std::array<Field<S>, M> &second)
{
    std::array<Field<S>, N + M> all{};
    for (std::size_t i = 0; i < N + M; ++i)
        all[i] = i < N ? first[i] : second[i - N];
    return all;
}

} // namespace sonde::model::json
