#include "programs/cli/plan/timeline.hpp"

#include "model/date_time.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/human.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

namespace sonde::cli {

namespace {

constexpr std::size_t kNameWidth = 20;
// Of the picture, in pixels.
constexpr std::size_t kCell = 2, kLine = 22, kLeft = 240, kTop = 34;

char mark_of(std::uint64_t starts)
{
    if (starts == 0)
        return ' ';
    if (starts == 1)
        return '.';
    return starts < 4 ? ':' : starts < 10 ? '+' : '#';
}

// In exactly so many columns; what is cut ends in '~'.
std::string in_columns(const std::string &text, std::size_t width)
{
    std::string out = printable(text);
    if (width_of(out) > width) {
        while (width_of(out) >= width) {
            while ((static_cast<unsigned char>(out.back()) & 0xc0) == 0x80)
                out.pop_back();
            out.pop_back();
        }
        out += '~';
    }
    return out + std::string(width - width_of(out), ' ');
}

std::string for_xml(const std::string &text)
{
    std::string out;
    for (const char c : printable(text)) {
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

std::string svg_text(std::size_t x, std::size_t y, const std::string &text)
{
    return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\">" + for_xml(text) + "</text>\n";
}

// Open, so that a title may follow in it.
std::string svg_rect(std::size_t x, std::size_t y, std::size_t width, const std::string &fill)
{
    return "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" width=\"" + std::to_string(width) +
           "\" height=\"" + std::to_string(kLine - 4) + "\" fill=\"" + fill + "\">";
}

} // namespace

Timeline::Timeline(WallTime from, WallTime until, std::vector<std::string> names, std::size_t cells)
    : from_(from), until_(until), names_(std::move(names)), counts_(names_.size(), std::vector<std::uint64_t>(cells))
{
}

void Timeline::add(std::size_t line, WallTime at, std::uint64_t runs)
{
    const double share = std::chrono::duration<double>(at - from_) / std::chrono::duration<double>(until_ - from_);
    const auto cell = static_cast<std::size_t>(share * static_cast<double>(cells()));
    counts_[line][std::min(cell, cells() - 1)] += runs;
}

std::string Timeline::cell_length(std::size_t cells) const
{
    const std::int64_t length = (until_ - from_).count() / static_cast<std::int64_t>(cells);
    constexpr std::int64_t second = 1'000'000'000, minute = 60 * second, hour = 60 * minute;
    const auto rounded = [](std::int64_t unit, std::int64_t of) { return of / unit * unit; };
    return human_setting(length < 10 * minute ? rounded(second, length)
                         : length < 10 * hour ? rounded(minute, length)
                                              : rounded(hour, length));
}

std::string Timeline::text(std::size_t width) const
{
    if (names_.empty())
        return "";
    const std::size_t columns = width == Console::kUnlimited ? 100 : std::clamp<std::size_t>(width, 40, 120);
    const std::size_t shown = std::min(columns - kNameWidth - 2, cells());
    std::string out;
    for (std::size_t line = 0; line < names_.size(); ++line) {
        out += in_columns(names_[line], kNameWidth) + "|";
        for (std::size_t i = 0; i < shown; ++i) {
            const auto first = counts_[line].begin() + static_cast<std::ptrdiff_t>(i * cells() / shown);
            const auto last = counts_[line].begin() + static_cast<std::ptrdiff_t>((i + 1) * cells() / shown);
            out += mark_of(std::accumulate(first, last, std::uint64_t{0}));
        }
        out += "|\n";
    }
    return out +
           wrapped(model::format_date_time(from_) + " to " + model::format_date_time(until_) + ", a column is about " +
                       cell_length(shown) + "; runs: . one, : to 3, + to 9, # more",
                   columns, 2) +
           "\n";
}

std::string Timeline::svg_line(std::size_t line, std::size_t top) const
{
    const auto &counts = counts_[line];
    const std::uint64_t most = *std::max_element(counts.begin(), counts.end());
    std::string out = svg_text(8, top + 14, names_[line] + (most > 0 ? "  (" + std::to_string(most) + ")" : "")) +
                      svg_rect(kLeft, top, cells() * kCell, "#f2f2f2") + "</rect>\n";
    for (std::size_t i = 0; i < cells(); ++i) {
        if (counts[i] == 0)
            continue;
        // From the lightest to the darkest blue of the one line.
        const double share = static_cast<double>(counts[i]) / static_cast<double>(most);
        const auto blend = [&](int light, int dark) {
            return std::to_string(light + static_cast<int>(std::lround(share * (dark - light))));
        };
        const WallTime at =
            from_ + (until_ - from_) / static_cast<std::int64_t>(cells()) * static_cast<std::int64_t>(i);
        out += svg_rect(kLeft + i * kCell, top, kCell,
                        "rgb(" + blend(190, 20) + "," + blend(212, 70) + "," + blend(238, 140) + ")") +
               "<title>" + model::format_date_time(std::chrono::floor<std::chrono::seconds>(at)) + ": " +
               std::to_string(counts[i]) + "</title></rect>\n";
    }
    return out;
}

std::string Timeline::svg() const
{
    const std::size_t cells = counts_.empty() ? 1 : this->cells();
    const std::string size = " width=\"" + std::to_string(kLeft + cells * kCell + 20) + "\" height=\"" +
                             std::to_string(kTop + names_.size() * kLine + 8) + "\"";
    std::string out =
        "<svg xmlns=\"http://www.w3.org/2000/svg\"" + size + " font-family=\"sans-serif\" font-size=\"12\">\n" +
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n" +
        svg_text(8, 18,
                 model::format_date_time(from_) + " to " + model::format_date_time(until_) + ", a step is about " +
                     cell_length(cells) + "; in brackets the most runs that start in one");
    for (std::size_t line = 0; line < names_.size(); ++line)
        out += svg_line(line, kTop + line * kLine);
    return out + "</svg>\n";
}

} // namespace sonde::cli
