#include "model/glob.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace sonde::model {

namespace {

// What is not UTF-8 stays as it is, byte by byte.
std::u32string characters(std::string_view text)
{
    std::u32string all;
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        char32_t code = length == 1 ? first : first & (0x7fU >> length);
        for (std::size_t k = 1; k < length && i + k < text.size(); ++k)
            code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3f);
        all += code;
        i += length;
    }
    return all;
}

using Pattern = std::u32string_view;

// The character at `at` of a bracket, past a backslash; `at` moves behind it.
std::optional<char32_t> bracket_character(Pattern pattern, std::size_t &at)
{
    if (at < pattern.size() && pattern[at] == U'\\')
        ++at;
    if (at >= pattern.size())
        return std::nullopt;
    return pattern[at++];
}

struct Bracket {
    bool matches = false;
    std::size_t end = 0; // behind the closing one
};

// Nothing if the one that opens at `at` is never closed.
std::optional<Bracket> read_bracket(Pattern pattern, std::size_t at, char32_t character)
{
    ++at;
    const bool negated = at < pattern.size() && pattern[at] == U'!';
    at += negated ? 1 : 0;
    bool found = false;
    // One that closes stands for itself in the first place.
    for (const std::size_t first = at; at < pattern.size();) {
        if (pattern[at] == U']' && at != first)
            return Bracket{found != negated, at + 1};
        const auto low = bracket_character(pattern, at);
        auto high = low;
        if (at + 1 < pattern.size() && pattern[at] == U'-' && pattern[at + 1] != U']')
            high = bracket_character(pattern, ++at);
        if (!low || !high)
            return std::nullopt;
        found = found || (*low <= character && character <= *high);
    }
    return std::nullopt;
}

// Whether the one piece of the pattern at `at`, which is no star, matches; `at` moves behind it.
bool match_one(Pattern pattern, std::size_t &at, char32_t character)
{
    if (pattern[at] == U'?') {
        ++at;
        return true;
    }
    if (pattern[at] == U'[') {
        if (const auto bracket = read_bracket(pattern, at, character)) {
            at = bracket->end;
            return bracket->matches;
        }
    } else if (pattern[at] == U'\\' && ++at == pattern.size()) {
        return false;
    }
    return pattern[at++] == character;
}

} // namespace

bool glob_matches(std::string_view pattern_text, std::string_view text_bytes)
{
    const std::u32string pattern = characters(pattern_text);
    const std::u32string text = characters(text_bytes);
    std::size_t p = 0;
    std::size_t t = 0;
    // Only the last star needs another try: what an earlier one took can be as little as possible.
    std::optional<std::size_t> star;
    std::size_t taken = 0;
    for (;;) {
        if (p < pattern.size() && pattern[p] == U'*') {
            star = ++p;
            taken = t;
            continue;
        }
        if (t == text.size())
            return p == pattern.size();
        if (p < pattern.size() && match_one(pattern, p, text[t])) {
            ++t;
            continue;
        }
        if (!star)
            return false;
        p = *star;
        t = ++taken;
    }
}

} // namespace sonde::model
