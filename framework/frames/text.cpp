#include "frames/text.hpp"

#include <array>
#include <cstring>

namespace sonde::frames {

namespace {

// The length of the UTF-8 sequence that text begins with, or 0.
std::size_t sequence_length(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80)
        return 1;
    std::size_t length = 0;
    // The second byte's range excludes overlong forms, surrogates and what lies beyond U+10FFFF.
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    if (first >= 0xc2 && first <= 0xdf) {
        length = 2;
    } else if ((first & 0xf0) == 0xe0) {
        length = 3;
        low = first == 0xe0 ? 0xa0 : low;
        high = first == 0xed ? 0x9f : high;
    } else if (first >= 0xf0 && first <= 0xf4) {
        length = 4;
        low = first == 0xf0 ? 0x90 : low;
        high = first == 0xf4 ? 0x8f : high;
    }
    if (length == 0 || text.size() < length || byte(1) < low || byte(1) > high)
        return 0;
    for (std::size_t i = 2; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80)
            return 0;
    return length;
}

} // namespace

bool is_utf8(std::string_view text)
{
    while (!text.empty()) {
        if (std::uint64_t eight; text.size() >= sizeof eight) {
            std::memcpy(&eight, text.data(), sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                text.remove_prefix(sizeof eight);
                continue;
            }
        }
        const std::size_t length = sequence_length(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string readable(std::string_view text, std::size_t bytes_max)
{
    std::string out;
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        const std::string_view next = length == 0 || text[0] == '\0' ? "?" : text.substr(0, length);
        if (out.size() + next.size() > bytes_max)
            break;
        out += next;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

std::string type_name(sonde_type type)
{
    static constexpr std::array names{"null",     "bool",    "int",  "double", "string", "bytes", "timestamp",
                                      "duration", "address", "enum", "host",   "url",    "port"};
    return type < names.size() ? names[type] : "type " + std::to_string(type);
}

std::string signal_name(int signal)
{
    const char *name = ::sigabbrev_np(signal);
    return "SIG" + (name != nullptr ? std::string(name) : std::to_string(signal));
}

} // namespace sonde::frames
