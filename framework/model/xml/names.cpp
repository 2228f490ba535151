#include "model/xml/names.hpp"

#include <algorithm>
#include <array>

namespace sonde::model::xml {

namespace {

struct Module {
    std::string_view name;
    std::string_view name_space;
};

constexpr std::array kModules{
    Module{"ietf-lmap-control", "urn:ietf:params:xml:ns:yang:ietf-lmap-control"},
    Module{"ietf-lmap-report", "urn:ietf:params:xml:ns:yang:ietf-lmap-report"},
    Module{"sonde-lmap", "urn:sonde:yang:sonde-lmap"},
};

} // namespace

std::string_view module_of(std::string_view name_space)
{
    const auto found = std::find_if(kModules.begin(), kModules.end(),
                                    [&](const Module &module) { return module.name_space == name_space; });
    return found == kModules.end() ? std::string_view() : found->name;
}

std::string_view namespace_of(std::string_view module)
{
    const auto found =
        std::find_if(kModules.begin(), kModules.end(), [&](const Module &each) { return each.name == module; });
    return found == kModules.end() ? std::string_view() : found->name_space;
}

Name split(std::string_view name)
{
    const std::size_t colon = name.find(':');
    return colon == std::string_view::npos ? Name{{}, name} : Name{name.substr(0, colon), name.substr(colon + 1)};
}

} // namespace sonde::model::xml
