#pragma once

#include "model/xml/names.hpp"
#include "mutation_words.hpp"

#include <pugixml.hpp>

#include <random>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

// As Mutation, of a document in XML; and with what only XML has: other namespaces, attributes, and text and elements
// side by side.
class XmlMutation {
public:
    explicit XmlMutation(std::uint64_t seed) : random_(seed) {}

    std::string of(const std::string &text)
    {
        pugi::xml_document document;
        document.load_string(text.c_str());
        for (int i = pick(4) == 0 ? 2 : 1; i > 0; --i) {
            elements_.clear();
            collect(document.document_element());
            if (!elements_.empty())
                change(elements_[pick(elements_.size())]);
        }
        std::ostringstream out;
        document.save(out, "", pugi::format_raw | pugi::format_no_declaration);
        return out.str();
    }

private:
    static constexpr std::string_view kModules[] = {"ietf-lmap-control", "ietf-lmap-report", "sonde-lmap", "none"};
    static constexpr std::string_view kNumbers[] = {
        "0", "1", "+5", "007", "0x7", "1.5", "12", "13", "23", "24", "31", "32", "59", "4294967295", "4294967296",
    };

    std::size_t pick(std::size_t count) { return random_() % count; }

    std::string_view one_of(std::span<const std::string_view> all) { return all[pick(all.size())]; }

    // All but the root.
    void collect(const pugi::xml_node &parent)
    {
        for (const pugi::xml_node &node : parent.children())
            if (node.type() == pugi::node_element) {
                elements_.push_back(node);
                collect(node);
            }
    }

    void change(pugi::xml_node element)
    {
        pugi::xml_node parent = element.parent();
        switch (pick(11)) {
        case 0:
            parent.remove_child(element);
            break;
        case 1: // the same again
            parent.insert_copy_after(element, element);
            break;
        case 2:
            name(element);
            break;
        case 3:
        case 4:
            element.remove_children();
            fill(element);
            break;
        case 5:
        case 6: {
            pugi::xml_node added = parent.append_child("x");
            name(added);
            fill(added);
            break;
        }
        case 7: // what another node holds
            parent.insert_copy_after(elements_[pick(elements_.size())], element);
            parent.remove_child(element);
            break;
        case 8: // text beside elements, or an element beside text
            if (pick(2) == 0)
                element.append_child(pugi::node_pcdata).set_value("x");
            else
                name(element.append_child("x"));
            break;
        case 9:
            put(element, "xmlns", sonde::model::xml::namespace_of(one_of(kModules)));
            break;
        default:
            put(element, "mode", "replace");
        }
    }

    void name(pugi::xml_node element)
    {
        const auto [module, local] = sonde::model::xml::split(one_of(kMutationNames));
        element.set_name(std::string(local).c_str());
        if (!module.empty())
            put(element, "xmlns", sonde::model::xml::namespace_of(module));
    }

    void fill(pugi::xml_node element)
    {
        const std::string_view text = pick(2) == 0 ? one_of(kNumbers) : one_of(kMutationTexts);
        if (!text.empty())
            element.text().set(std::string(text).c_str());
    }

    static void put(pugi::xml_node element, const char *attribute, std::string_view value)
    {
        element.remove_attribute(attribute);
        element.append_attribute(attribute).set_value(std::string(value).c_str());
    }

    std::mt19937_64 random_;
    std::vector<pugi::xml_node> elements_;
};
