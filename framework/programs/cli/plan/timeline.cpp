#include "programs/cli/plan/timeline.hpp"

#include "model/date_time.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/human.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sonde::cli {

namespace {

constexpr std::size_t kNameWidth = 20;

char mark_of(std::uint32_t starts)
{
    if (starts == 0)
        return ' ';
    if (starts == 1)
        return '.';
    return starts < 4 ? ':' : starts < 10 ? '+' : '#';
}

std::string padded(std::string text, std::size_t width)
{
    if (width_of(text) > width) {
        text.resize(width - 1); // a name may be cut within a letter, which printable() then shows
        text += '~';
    }
    text.resize(text.size() + width - std::min(width, width_of(text)), ' ');
    return text;
}

std::string escaped(const std::string &text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

} // namespace

Timeline::Timeline(WallTime from, WallTime until, std::vector<std::string> names, std::size_t cells)
    : from_(from), until_(until), names_(std::move(names)), counts_(names_.size(), std::vector<std::uint32_t>(cells))
{
}

void Timeline::add(std::size_t line, WallTime at)
{
    const double share = std::chrono::duration<double>(at - from_) / std::chrono::duration<double>(until_ - from_);
    const auto cell = static_cast<std::size_t>(share * static_cast<double>(cells()));
    ++counts_[line][std::min(cell, cells() - 1)];
}

std::string Timeline::cell_length(std::size_t cells) const
{
    return human_duration((until_ - from_).count() / static_cast<std::int64_t>(cells));
}

std::string Timeline::text(std::size_t width) const
{
    const std::size_t room = std::clamp<std::size_t>(width == Console::kUnlimited ? 100 : width, 40, 120) - kNameWidth - 2;
    const std::size_t shown = std::min(room, cells());
    std::string out;
    for (std::size_t line = 0; line < names_.size(); ++line) {
        out += padded(printable(names_[line]), kNameWidth) + "|";
        for (std::size_t i = 0; i < shown; ++i) {
            const auto first = counts_[line].begin() + static_cast<std::ptrdiff_t>(i * cells() / shown);
            const auto last = counts_[line].begin() + static_cast<std::ptrdiff_t>((i + 1) * cells() / shown);
            out += mark_of(std::accumulate(first, last, std::uint32_t{0}));
        }
        out += "|\n";
    }
    out += padded("", kNameWidth) + " " + model::format_date_time(from_) + " to " + model::format_date_time(until_) +
           ", a column is " + cell_length(shown) + "; runs: . one  : to 3  + to 9  # more\n";
    return out;
}

std::string Timeline::svg() const
{
    constexpr std::size_t kCell = 4, kLine = 22, kLeft = 180, kTop = 34;
    const std::size_t width = kLeft + cells() * kCell + 20, height = kTop + names_.size() * kLine + 24;
    std::uint32_t most = 1;
    for (const auto &line : counts_)
        for (const std::uint32_t count : line)
            most = std::max(most, count);
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(width) + "\" height=\"" +
                      std::to_string(height) + "\" font-family=\"sans-serif\" font-size=\"12\">\n" +
                      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"8\" y=\"18\">" +
                      model::format_date_time(from_) + " to " + model::format_date_time(until_) + ", a step is " +
                      cell_length(cells()) + ", darkest: " + std::to_string(most) + " runs</text>\n";
    for (std::size_t line = 0; line < names_.size(); ++line) {
        const std::size_t y = kTop + line * kLine;
        out += "<text x=\"8\" y=\"" + std::to_string(y + 15) + "\">" + escaped(names_[line]) + "</text>\n<rect x=\"" +
               std::to_string(kLeft) + "\" y=\"" + std::to_string(y) + "\" width=\"" + std::to_string(cells() * kCell) +
               "\" height=\"" + std::to_string(kLine - 4) + "\" fill=\"#f2f2f2\"/>\n";
        for (std::size_t i = 0; i < cells(); ++i) {
            const std::uint32_t count = counts_[line][i];
            if (count == 0)
                continue;
            const int percent = 25 + static_cast<int>(std::lround(75.0 * count / most));
            out += "<rect x=\"" + std::to_string(kLeft + i * kCell) + "\" y=\"" + std::to_string(y) + "\" width=\"" +
                   std::to_string(kCell) + "\" height=\"" + std::to_string(kLine - 4) +
                   "\" fill=\"#1f5fa8\" fill-opacity=\"" + std::to_string(percent) + "%\"><title>" +
                   model::format_date_time(std::chrono::floor<std::chrono::seconds>(
                       from_ + (until_ - from_) / static_cast<std::int64_t>(cells()) * static_cast<std::int64_t>(i))) +
                   ": " + std::to_string(count) + " runs</title></rect>\n";
        }
    }
    return out + "</svg>\n";
}

} // namespace sonde::cli
