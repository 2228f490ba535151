#pragma once

#include "model/json/document.hpp"
#include "model/json/table.hpp"
#include "model/reading.hpp"

// Whole documents: reading and writing by a table.
namespace sonde::model::json {

// The member of the top-level object, which is the document's only node. Null, with an error, if there is no such one.
const Value *find_root(Context &context, const Value &document, std::string_view root);

struct NoCheck {
    template <class T>
    void operator()(const T &, std::vector<Error> &, std::vector<Error> &) const
    {
    }
};

// Reads `{root: {...}}` by a table; an empty root is an object without an envelope. `check(value, errors, warnings)`
// sees what could be read even where something could not, so that a person gets all errors at once.
template <class T, class Check = NoCheck>
Reading<T> read_document(std::string_view text, std::size_t bytes_max, std::string_view root, Check check = {})
{
    rapidjson::Document document;
    if (auto error = parse(text, bytes_max, document))
        return {.errors = {std::move(*error)}};
    Context context;
    Reading<T> reading;
    T value{};
    const Value *node = root.empty() ? &document : find_root(context, document, root);
    if (node != nullptr) {
        std::optional<Context::Inside> inside;
        if (!root.empty())
            inside.emplace(context, Context::Step{.name = root});
        Object<T>::read(context, *node, value);
    }
    reading.errors = context.take_errors();
    if (node != nullptr && reading.errors.size() < kErrorsMax)
        check(value, reading.errors, reading.warnings);
    if (reading.errors.empty())
        reading.value = std::move(value);
    return reading;
}

template <class T>
std::string write_document(const T &value, std::string_view root)
{
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    if (!root.empty()) {
        writer.StartObject();
        writer.Key(root.data(), static_cast<rapidjson::SizeType>(root.size()));
    }
    Object<T>::write(writer, value);
    if (!root.empty())
        writer.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
}

// The same JSON with line breaks and two spaces a level.
std::string indented(const std::string &json);

} // namespace sonde::model::json
