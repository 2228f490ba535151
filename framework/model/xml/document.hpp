#pragma once

#include "base/result.hpp"
#include "model/json/schema.hpp"

#include <pugixml.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace sonde::model::xml {

// The kinds of documents.
struct Root {
    std::string_view element;
    std::string_view module;
    std::string_view json; // the root's name there
    std::span<const json::Schema> (*schemas)();
};

extern const Root kLmap;
extern const Root kReport;

// A well-formed document with one of the roots that are asked for, alone or within NETCONF's <config>, <data> or <rpc>.
class Document {
public:
    // Refuses what is longer than `bytes_max`, nested too deep, not UTF-8, or has a document type or another root.
    // `where` of an error is the line.
    static Result<Document> parse(std::string_view text, std::size_t bytes_max, std::span<const Root *const> roots);

    const Root &root() const { return *root_; }
    const pugi::xml_node &element() const { return element_; }

    std::string line_of(const pugi::xml_node &node) const;

private:
    explicit Document(std::string_view text);

    Result<void> find_element(std::span<const Root *const> roots);

    std::string text_;
    std::unique_ptr<pugi::xml_document> document_; // its nodes stay where they are
    const Root *root_ = nullptr;
    pugi::xml_node element_;
};

} // namespace sonde::model::xml
