#pragma once

#include "model/json/field.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

// Lists and leaf-lists, which JSON writes as arrays.
namespace sonde::model::json {

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
    static constexpr Shape kShape{.kind = Kind::leaf_list, .scalar = Codec::kShape.scalar};
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

// The array of a list: a codec of vectors of a struct T by its table, or by another one.
template <class T, std::size_t Most, class Table = Node<T>>
struct List {
    static constexpr std::string_view key()
    {
        if constexpr (requires { Table::key; })
            return Table::key;
        return {};
    }
    static constexpr Shape kShape{.kind = Kind::list, .key = key(), .children = schemas_of<Table>};

    static void read(Context &context, const Value &value, std::vector<T> &target)
    {
        if (!read_array(context, value, Most))
            return;
        target.reserve(value.Size());
        std::unordered_set<std::string_view> keys;
        for (rapidjson::SizeType i = 0; i < value.Size() && !context.full(); ++i) {
            const Context::Step step = step_to(value[i], i + 1);
            const Context::Inside inside(context, step);
            if (!step.key_name.empty() && !keys.insert(step.key).second)
                context.error("is there twice");
            read_fields(context, value[i], target.emplace_back(), Table::fields);
        }
    }
    static void write(Writer &writer, const std::vector<T> &source)
    {
        writer.StartArray();
        for (const T &item : source)
            write_fields(writer, item, Table::fields);
        writer.EndArray();
    }

private:
    static Context::Step step_to(const Value &entry, std::size_t position)
    {
        if (!key().empty() && entry.IsObject())
            for (const auto &member : entry.GetObject())
                if (text_of(member.name) == key() && member.value.IsString())
                    return {.name = {}, .key_name = key(), .key = text_of(member.value)};
        return {.name = {}, .position = position};
    }
};

} // namespace sonde::model::json
