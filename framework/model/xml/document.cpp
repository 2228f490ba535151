#include "model/xml/document.hpp"

#include "model/json/nearest.hpp"
#include "model/limits.hpp"
#include "model/xml/names.hpp"
#include "model/xml/text.hpp"

#include <algorithm>

namespace sonde::model::xml {

namespace {

std::size_t offset_of(const pugi::xml_node &node)
{
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0));
}

bool is_element(const pugi::xml_node &node)
{
    return node.type() == pugi::node_element;
}

// The namespace of an element at the top, where one looks at few.
std::string_view namespace_of(const pugi::xml_node &element)
{
    const std::string_view prefix = split(element.name()).prefix;
    const std::string declaration = prefix.empty() ? "xmlns" : "xmlns:" + std::string(prefix);
    for (pugi::xml_node node = element; node; node = node.parent())
        if (const pugi::xml_attribute declared = node.attribute(declaration.c_str()))
            return declared.value();
    return {};
}

// Some leave NETCONF's namespace out.
bool is_envelope(const pugi::xml_node &element)
{
    const std::string_view name = split(element.name()).local;
    const std::string_view name_space = namespace_of(element);
    return (name == "config" || name == "data" || name == "rpc") && (name_space.empty() || name_space == kNetconf);
}

// No more than the reader of JSON follows, and the elements around the root.
class Depth : public pugi::xml_tree_walker {
public:
    pugi::xml_node too_deep;

    bool for_each(pugi::xml_node &node) override
    {
        constexpr int kAround = 2;
        if (depth() < static_cast<int>(kDepthMax) + kAround)
            return true;
        too_deep = node;
        return false;
    }
};

// What is around the root says nothing that would have to be heeded.
std::optional<Error> check_outside(const pugi::xml_node &node, bool second)
{
    const std::string_view encoding = node.type() == pugi::node_declaration ? node.attribute("encoding").value() : "";
    if (node.type() == pugi::node_doctype)
        return Error{"", "has a document type", "leave it out: nothing that it could say is needed"};
    if (!encoding.empty() && encoding != "UTF-8" && encoding != "utf-8")
        return Error{"", "is encoded as " + json::shown(encoding), "UTF-8 is read"};
    if ((node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) && !is_blank(node.value()))
        return Error{"", "not XML: there is text outside of the root element", ""};
    if (is_element(node) && second)
        return Error{"", "a second document begins", "one at a time"};
    return std::nullopt;
}

} // namespace

Document::Document(std::string_view text) : text_(text), document_(std::make_unique<pugi::xml_document>()) {}

Result<Document> Document::parse(std::string_view text, std::size_t bytes_max, std::span<const Root *const> roots)
{
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text.size() > bytes_max)
        return Error{"", "the document has " + std::to_string(text.size()) + " bytes",
                     std::to_string(bytes_max) + " is the most"};
    if (text.starts_with(kByteOrderMark))
        text.remove_prefix(kByteOrderMark.size());
    if (auto error = check_characters(text))
        return std::move(*error);
    if (auto error = check_references(text))
        return std::move(*error);
    Document parsed(text);
    constexpr unsigned kFlags = pugi::parse_default | pugi::parse_ws_pcdata_single | pugi::parse_doctype |
                                pugi::parse_declaration | pugi::parse_fragment;
    const pugi::xml_parse_result result =
        parsed.document_->load_buffer(text.data(), text.size(), kFlags, pugi::encoding_utf8);
    if (!result)
        return Error{line_at(text, static_cast<std::size_t>(std::max<std::ptrdiff_t>(result.offset, 0))),
                     std::string("not XML: ") + result.description(), ""};
    Depth depth;
    parsed.document_->traverse(depth);
    if (depth.too_deep)
        return Error{parsed.line_of(depth.too_deep), "is nested deeper than " + std::to_string(kDepthMax) + " levels",
                     ""};
    if (auto found = parsed.find_element(roots); !found)
        return found.error();
    return parsed;
}

Result<void> Document::find_element(std::span<const Root *const> roots)
{
    pugi::xml_node parent = *document_;
    for (int around = 0; around < 2; ++around) {
        element_ = {};
        for (const pugi::xml_node &node : parent.children()) {
            if (auto error = check_outside(node, static_cast<bool>(element_))) {
                error->where = line_of(node);
                return std::move(*error);
            }
            if (is_element(node))
                element_ = node;
        }
        if (!element_ || !is_envelope(element_))
            break;
        parent = element_;
    }
    const std::string_view local = split(element_.name()).local;
    const std::string_view name_space = namespace_of(element_);
    std::string hint = "it begins with ";
    for (const Root *root : roots) {
        if (local == root->element && name_space == namespace_of(root->module))
            root_ = root;
        hint += (root == roots.front() ? "<" : " or <") + std::string(root->element) + " xmlns=\"" +
                std::string(namespace_of(root->module)) + "\">";
    }
    if (!element_)
        return Error{"", "has no element", hint};
    if (root_ != nullptr)
        return {};
    return Error{
        line_of(element_),
        "<" + json::shown(element_.name()) + "> " +
            (name_space.empty() ? "without a namespace" : "of the namespace '" + json::shown(name_space) + "'") +
            " was not expected",
        hint};
}

std::string Document::line_of(const pugi::xml_node &node) const
{
    return line_at(text_, offset_of(node));
}

const Root kLmap{"lmap", "ietf-lmap-control", "ietf-lmap-control:lmap", json::lmap_schemas};
const Root kReport{"report", "ietf-lmap-report", "ietf-lmap-report:input", json::report_schemas};

} // namespace sonde::model::xml
