#include "model/xml/text.hpp"

#include "model/yang_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace sonde::model::xml {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_character(std::uint32_t code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r';
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    const bool non_character = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe;
    return !surrogate && !non_character && code <= 0x10ffff;
}

bool is_reference(std::string_view name)
{
    if (!name.starts_with('#'))
        return name == "lt" || name == "gt" || name == "amp" || name == "quot" || name == "apos";
    const bool hexadecimal = name.starts_with("#x");
    const std::string_view digits = name.substr(hexadecimal ? 2 : 1);
    std::uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, hexadecimal ? 16 : 10);
    return error == std::errc() && end == digits.data() + digits.size() && is_character(code);
}

// Behind what begins at `at` and holds no references; `at` if nothing of the kind does.
std::size_t skip_literal(std::string_view text, std::size_t at)
{
    constexpr std::string_view kLiterals[][2] = {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};
    for (const auto &[open, close] : kLiterals)
        if (text.substr(at).starts_with(open))
            return std::min(text.find(close, at + open.size()), text.size());
    return at;
}

} // namespace

std::string line_at(std::string_view text, std::size_t offset)
{
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
    return "line " + std::to_string(std::count(text.begin(), end, '\n') + 1);
}

std::optional<Error> check_characters(std::string_view text)
{
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = std::min(text.find('\n', from), text.size());
        if (!is_yang_text(text.substr(from, end - from)))
            return Error{line_at(text, from), "has a character that YANG's string type does not allow",
                         "it is UTF-8, and control characters other than tab and line ends are not allowed"};
        from = end + 1;
    }
    return std::nullopt;
}

std::optional<Error> check_references(std::string_view text)
{
    for (std::size_t at = 0; (at = text.find_first_of("&<", at)) != std::string_view::npos;) {
        if (text[at] == '<') {
            const std::size_t behind = skip_literal(text, at);
            at = behind == at ? at + 1 : behind;
            continue;
        }
        constexpr std::size_t kLongest = 12; // no reference is longer
        const std::string_view rest = text.substr(at + 1, kLongest);
        const std::size_t end = rest.find(';');
        if (end == std::string_view::npos || !is_reference(rest.substr(0, end)))
            return Error{line_at(text, at), "has a '&' that begins none of &lt; &gt; &amp; &quot; &apos; and &#NUMBER;",
                         "a '&' itself is written &amp;"};
        ++at;
    }
    return std::nullopt;
}

bool is_blank(std::string_view text)
{
    return text.find_first_not_of(kBlanks) == std::string_view::npos;
}

std::string_view trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(kBlanks);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

} // namespace sonde::model::xml
