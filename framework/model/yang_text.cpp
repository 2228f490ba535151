#include "model/yang_text.hpp"

#include <cstddef>
#include <cstdint>

namespace sonde::model {

namespace {

bool is_plain(char c)
{
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80;
}

bool is_allowed(std::uint32_t code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r';
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    const bool non_character = (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) == 0xfffe;
    return !surrogate && !non_character && code <= 0x10ffff;
}

// Bytes of the character at the front of `text`, which is not empty; 0 if YANG cannot carry it.
std::size_t character(std::string_view text)
{
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : (first & 0xf0) == 0xe0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || text.size() < length)
        return 0;
    constexpr std::uint32_t kFirstBits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    std::uint32_t code = first & kFirstBits[length];
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (next & 0x3f);
    }
    constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    return code >= kSmallest[length] && is_allowed(code) ? length : 0;
}

} // namespace

bool is_yang_text(std::string_view text)
{
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = is_plain(text[i]) ? 1 : character(text.substr(i));
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

std::string to_yang_text(std::string_view text)
{
    std::string clean;
    clean.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = character(text.substr(i));
        clean += length == 0 ? "\xef\xbf\xbd" : text.substr(i, length);
        i += length == 0 ? 1 : length;
    }
    return clean;
}

} // namespace sonde::model
