#include "model/json/nearest.hpp"

#include "model/yang_text.hpp"

#include <algorithm>
#include <vector>

namespace sonde::model::json {

namespace {

// Restricted Damerau-Levenshtein distance: a swap of neighbours, the commonest slip, counts once.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            rows[i][j] =
                std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
        }
    }
    return rows[a.size()][b.size()];
}

// A name that is forgotten or superfluous by its module's prefix is near as well.
std::string_view without_module(std::string_view name)
{
    const std::size_t colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view nearest(std::string_view name, std::span<const std::string_view> names)
{
    constexpr std::size_t kLongest = 64;
    std::string_view best;
    std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;
    if (name.size() > kLongest)
        return best;
    for (const std::string_view candidate : names) {
        if (candidate.size() > kLongest)
            continue;
        const std::size_t far = distance(without_module(name), without_module(candidate));
        if (far < least) {
            least = far;
            best = candidate;
        }
    }
    return best;
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

std::string name_hint(std::string_view name, std::string_view kind, std::span<const std::string_view> names)
{
    constexpr std::size_t kListed = 10;
    std::string hint;
    if (const std::string_view near = nearest(name, names); !near.empty())
        hint = "did you mean '" + shown(near) + "'? ";
    if (names.empty())
        return "there are no " + std::string(kind) + " here";
    hint += std::string(kind) + " here: ";
    for (std::size_t i = 0; i < std::min(names.size(), kListed); ++i)
        hint += (i == 0 ? "" : ", ") + shown(names[i]);
    if (names.size() > kListed)
        hint += " and " + std::to_string(names.size() - kListed) + " more";
    return hint;
}

} // namespace sonde::model::json
