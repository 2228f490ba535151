#pragma once

#include <span>
#include <string_view>

// What the tables say of the model's nodes besides how a struct keeps them: enough to tell an array from its only entry
// and a number from a string, which XML does not show.
namespace sonde::model::json {

enum class Kind { leaf, leaf_list, container, list };

// How RFC 7951 writes a leaf's value; a union of a number and words takes either.
enum class Scalar { string, number, number_or_string, boolean, empty };

struct Schema;

struct Shape {
    Kind kind = Kind::leaf;
    Scalar scalar = Scalar::string;
    std::string_view key{}; // a list's
    std::span<const Schema> (*children)() = nullptr;
};

// A node by its name in JSON; one that is not read by this version has no name here.
struct Schema {
    std::string_view name;
    Shape shape;
};

// Of the roots of documents: the configuration and the state in ietf-lmap-control, and a report.
std::span<const Schema> lmap_schemas();
std::span<const Schema> report_schemas();

// The one of this name; null if there is none.
const Schema *find_schema(std::span<const Schema> schemas, std::string_view name);

} // namespace sonde::model::json
