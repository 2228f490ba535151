#include "model/json/nearest.hpp"

#include "base/nearest.hpp"
#include "model/yang_text.hpp"

#include <algorithm>
#include <vector>

namespace sonde::model::json {

namespace {

// A name that is forgotten or superfluous by its module's prefix is near as well.
std::string_view without_module(std::string_view name)
{
    const std::size_t colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> names)
{
    std::vector<std::string> bare;
    for (const std::string_view candidate : names)
        bare.emplace_back(without_module(candidate));
    const auto near = nearest(without_module(name), bare);
    return near ? names[static_cast<std::size_t>(std::find(bare.begin(), bare.end(), *near) - bare.begin())]
                : std::string_view();
}

} // namespace

std::string shown(std::string_view text)
{
    constexpr std::size_t kMost = 64;
    std::string clean = to_yang_text(text.substr(0, kMost));
    for (char &c : clean)
        if (c == '\n' || c == '\r' || c == '\t' || c == '\x7f')
            c = ' ';
    return text.size() > kMost ? clean + "..." : clean;
}

std::string listed(std::string_view kind, std::span<const std::string_view> names)
{
    constexpr std::size_t kListed = 10;
    if (names.empty())
        return "there are no " + std::string(kind) + " here";
    std::string all = std::string(kind) + " here: ";
    for (std::size_t i = 0; i < std::min(names.size(), kListed); ++i)
        all += (i == 0 ? "" : ", ") + shown(names[i]);
    if (names.size() > kListed)
        all += " and " + std::to_string(names.size() - kListed) + " more";
    return all;
}

std::string name_hint(std::string_view name, std::string_view kind, std::span<const std::string_view> names)
{
    const std::string_view near = nearest_name(name, names);
    return (near.empty() ? "" : "did you mean '" + shown(near) + "'? ") + listed(kind, names);
}

} // namespace sonde::model::json
