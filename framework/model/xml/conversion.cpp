#include "model/xml/conversion.hpp"

#include "model/json/codecs.hpp"
#include "model/json/nearest.hpp"
#include "model/json/path.hpp"
#include "model/limits.hpp"
#include "model/xml/names.hpp"
#include "model/xml/text.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace sonde::model::xml {

namespace {

using json::Kind;
using json::Scalar;
using json::Schema;
using json::Shape;
using json::Writer;

using Places = std::map<std::string, pugi::xml_node, std::less<>>;

bool is_text(const pugi::xml_node &node)
{
    return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

// Comments may stand between its pieces.
std::string text_of(const pugi::xml_node &element)
{
    std::string text;
    for (const pugi::xml_node &node : element.children())
        if (is_text(node))
            text += node.value();
    return text;
}

// As JSON has it, without leading zeros, which make it octal in YANG.
bool is_number(std::string_view text)
{
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos &&
           (digits.size() == 1 || digits.front() != '0');
}

// Descends by the tables. What they do not know is written all the same, for the reader to refuse it.
class Conversion {
public:
    Conversion(const Document &document, Writer &writer, std::vector<Error> &errors, Places *places)
        : document_(document), writer_(writer), errors_(errors), places_(places)
    {
    }

    void run()
    {
        writer_.StartObject();
        key(document_.root().json);
        // Those of the elements around it are in force as well.
        std::vector<pugi::xml_node> around;
        for (pugi::xml_node node = document_.element().parent(); node; node = node.parent())
            around.push_back(node);
        for (auto node = around.rbegin(); node != around.rend(); ++node)
            declare(*node, Attributes::any);
        const Inside inside(*this, document_.element(), '/' + std::string(document_.root().json));
        object(document_.element(), document_.root().schemas(), document_.root().module);
        writer_.EndObject();
    }

private:
    enum class Attributes { any, namespaces };
    struct Declaration {
        std::string_view prefix;
        std::string_view name_space;
    };
    struct Child {
        pugi::xml_node element;
        std::string_view module;
    };

    // Its path and its namespaces, as long as it lives.
    class Inside {
    public:
        Inside(Conversion &conversion, const pugi::xml_node &element, const std::string &step)
            : conversion_(conversion), path_(conversion.path_.size()), declared_(conversion.declared_.size())
        {
            conversion.path_ += step;
            if (conversion.places_ != nullptr)
                conversion.places_->emplace(conversion.path_, element);
            conversion.declare(element, Attributes::namespaces);
        }
        ~Inside()
        {
            conversion_.path_.resize(path_);
            conversion_.declared_.resize(declared_);
        }
        Inside(const Inside &) = delete;
        Inside &operator=(const Inside &) = delete;

    private:
        Conversion &conversion_;
        std::size_t path_;
        std::size_t declared_;
    };

    void error(std::string what, std::string hint)
    {
        if (errors_.size() < kErrorsMax)
            errors_.push_back({path_, std::move(what), std::move(hint)});
    }

    void key(std::string_view name) { writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }

    void declare(const pugi::xml_node &element, Attributes allowed)
    {
        for (const pugi::xml_attribute &attribute : element.attributes()) {
            const std::string_view name = attribute.name();
            if (name == "xmlns")
                declared_.push_back({{}, attribute.value()});
            else if (name.starts_with("xmlns:"))
                declared_.push_back({name.substr(6), attribute.value()});
            else if (allowed == Attributes::namespaces)
                error("has an attribute '" + json::shown(name) + "'", "nothing here has one");
            if (declared_.size() > kNamespacesMax) {
                declared_.resize(kNamespacesMax);
                error("has more than " + std::to_string(kNamespacesMax) + " namespaces in force", "");
                return;
            }
        }
    }

    std::string_view namespace_in_force(const pugi::xml_node &element) const
    {
        const std::string_view prefix = split(element.name()).prefix;
        const auto matches = [&](const Declaration &declared) { return declared.prefix == prefix; };
        if (const pugi::xml_attribute own =
                element.attribute(prefix.empty() ? "xmlns" : ("xmlns:" + std::string(prefix)).c_str()))
            return own.value();
        const auto found = std::find_if(declared_.rbegin(), declared_.rend(), matches);
        return found == declared_.rend() ? std::string_view() : found->name_space;
    }

    void object(const pugi::xml_node &element, std::span<const Schema> schemas, std::string_view module)
    {
        // Entries of a list may stand apart, and JSON has them in one array.
        std::map<std::string, std::vector<Child>, std::less<>> children;
        std::vector<std::string> order;
        for (const pugi::xml_node &node : element.children()) {
            if (is_text(node) && !is_blank(node.value()))
                error("has the text '" + json::shown(trimmed(node.value())) + "'", "elements alone stand here");
            if (node.type() != pugi::node_element)
                continue;
            const std::string_view name_space = namespace_in_force(node);
            const std::string_view its_module = module_of(name_space);
            const std::string_view local = split(node.name()).local;
            if (its_module.empty()) {
                error("has <" + json::shown(node.name()) + "> of the namespace '" + json::shown(name_space) + "'",
                      "no module that is known here has that one");
                continue;
            }
            const std::string name =
                its_module == module ? std::string(local) : std::string(its_module) + ':' + std::string(local);
            auto &same = children[name];
            if (same.empty())
                order.push_back(name);
            same.push_back({node, its_module});
        }
        writer_.StartObject();
        for (const std::string &name : order)
            member(name, children.find(name)->second, json::find_schema(schemas, name));
        writer_.EndObject();
    }

    void member(const std::string &name, const std::vector<Child> &children, const Schema *schema)
    {
        const Kind kind = schema == nullptr ? Kind::leaf : schema->shape.kind;
        if (kind == Kind::list || kind == Kind::leaf_list) {
            key(name);
            writer_.StartArray();
            for (std::size_t i = 0; i < children.size(); ++i) {
                const std::string step = '/' + name + step_to(children[i], schema->shape.key, i + 1);
                const Inside inside(*this, children[i].element, step);
                value(children[i], schema->shape);
            }
            writer_.EndArray();
            return;
        }
        // The second one is the reader's to refuse.
        for (std::size_t i = 0; i < std::min<std::size_t>(children.size(), 2); ++i) {
            key(name);
            const Inside inside(*this, children[i].element, '/' + json::shown(name));
            if (schema != nullptr)
                value(children[i], schema->shape);
            else
                unknown(children[i].element);
        }
    }

    // Whether it is there only in form is all that the reader asks of such a node.
    void unknown(const pugi::xml_node &element)
    {
        if (element.first_child()) {
            writer_.Null();
            return;
        }
        writer_.StartObject();
        writer_.EndObject();
    }

    // As the reader names it.
    static std::string step_to(const Child &child, std::string_view key, std::size_t position)
    {
        for (const pugi::xml_node &node : child.element.children())
            if (!key.empty() && node.type() == pugi::node_element && split(node.name()).local == key)
                return json::predicate(key, text_of(node));
        return '[' + std::to_string(position) + ']';
    }

    void value(const Child &child, const Shape &shape)
    {
        if (shape.kind == Kind::container || shape.kind == Kind::list)
            return object(child.element, shape.children(), child.module);
        for (const pugi::xml_node &node : child.element.children())
            if (node.type() == pugi::node_element) {
                error("has <" + json::shown(node.name()) + "> within", "text alone stands here");
                break;
            }
        scalar(text_of(child.element), shape.scalar);
    }

    void scalar(const std::string &text, Scalar kind)
    {
        std::string_view bare = trimmed(text);
        if (bare.starts_with('+'))
            bare.remove_prefix(1);
        if ((kind == Scalar::number || kind == Scalar::number_or_string) && is_number(bare)) {
            writer_.RawValue(bare.data(), bare.size(), rapidjson::kNumberType);
        } else if (kind == Scalar::boolean && (bare == "true" || bare == "false")) {
            writer_.Bool(bare == "true");
        } else if (kind == Scalar::empty && bare.empty()) {
            writer_.StartArray();
            writer_.Null();
            writer_.EndArray();
        } else {
            json::put(writer_, text);
        }
    }

    const Document &document_;
    Writer &writer_;
    std::vector<Error> &errors_;
    Places *places_;
    std::string path_;
    std::vector<Declaration> declared_;
};

Converted convert(const Document &document, Places *places)
{
    Converted converted;
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    Conversion(document, writer, converted.errors, places).run();
    converted.json.assign(buffer.GetString(), buffer.GetSize());
    return converted;
}

} // namespace

Converted to_json(const Document &document)
{
    return convert(document, nullptr);
}

void forget_json(std::vector<Error> &errors)
{
    for (Error &error : errors)
        if (error.hint.find("quotes") != std::string::npos || error.hint.find("JSON") != std::string::npos ||
            error.hint.find("RFC 7951") != std::string::npos)
            error.hint.clear();
}

void add_lines(const Document &document, std::vector<Error> &errors)
{
    if (errors.empty())
        return;
    Places places;
    convert(document, &places);
    for (Error &error : errors) {
        // A node that is missing would be in its parent.
        for (std::string_view path = error.where; !path.empty(); path = path.substr(0, path.rfind('/')))
            if (const auto found = places.find(path); found != places.end()) {
                error.where = document.line_of(found->second) + ": " + error.where;
                break;
            }
    }
}

} // namespace sonde::model::xml
