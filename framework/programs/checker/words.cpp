#include "programs/checker/words.hpp"

#include <algorithm>
#include <cstdio>

namespace sonde::checker {

std::string list(const std::vector<std::string> &items)
{
    constexpr std::size_t shown_max = 6;
    std::string text;
    for (std::size_t i = 0; i < std::min(items.size(), shown_max); ++i)
        text += (i == 0 ? "" : i + 1 == items.size() ? " and " : ", ") + items[i];
    if (items.size() > shown_max)
        text += " and " + std::to_string(items.size() - shown_max) + " more";
    return text;
}

std::string seconds(std::chrono::nanoseconds time)
{
    const double ms = std::chrono::duration<double, std::milli>(time).count();
    char text[32];
    if (ms < 1000)
        std::snprintf(text, sizeof text, "%.0f ms", ms);
    else
        std::snprintf(text, sizeof text, "%.2f s", ms / 1000);
    return text;
}

} // namespace sonde::checker
