#pragma once

#include "model/xml/document.hpp"

#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::model::xml {

// A document in JSON, and what only XML can have wrong: namespaces, attributes, text between elements.
struct Converted {
    std::string json;
    std::vector<Error> errors;
};
Converted to_json(const Document &document);

// Puts the line before the path of each error whose node is in the document, or whose nearest ancestor is.
void add_lines(const Document &document, std::vector<Error> &errors);

// Takes hints that hold for JSON alone out of what the reader of JSON says.
void forget_json(std::vector<Error> &errors);

// What `read` makes of the document in JSON, and its findings with their lines.
template <class Read>
auto read_converted(const Document &document, Read read)
{
    Converted converted = to_json(document);
    auto reading = read(std::string_view(converted.json));
    forget_json(reading.errors);
    reading.errors.insert(reading.errors.begin(), std::make_move_iterator(converted.errors.begin()),
                          std::make_move_iterator(converted.errors.end()));
    if (!reading.errors.empty())
        reading.value.reset();
    add_lines(document, reading.errors);
    add_lines(document, reading.warnings);
    return reading;
}

} // namespace sonde::model::xml
