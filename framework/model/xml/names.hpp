#pragma once

#include <string_view>

// What XML calls by a namespace and JSON by a module.
namespace sonde::model::xml {

inline constexpr std::string_view kNetconf = "urn:ietf:params:xml:ns:netconf:base:1.0";

// Empty if it is none of the modules that are known here.
std::string_view module_of(std::string_view name_space);
std::string_view namespace_of(std::string_view module);

struct Name {
    std::string_view prefix;
    std::string_view local;
};

// "prefix:local", in XML or in JSON.
Name split(std::string_view name);

} // namespace sonde::model::xml
