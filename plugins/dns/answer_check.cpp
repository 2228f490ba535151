#include "answer_check.hpp"

#include <cstddef>

namespace sonde::dns {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kNameMax = 255;
constexpr std::uint8_t kResponseBit = 0x80;
constexpr std::uint8_t kOpcodeBits = 0x78;
constexpr std::uint8_t kRcodeBits = 0x0f;

std::uint16_t u16(Octets octets, std::size_t at)
{
    return static_cast<std::uint16_t>(octets[at] << 8 | octets[at + 1]);
}

std::uint8_t lower(std::uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + ('a' - 'A')) : c;
}

// Bytes of the uncompressed name that begins behind the header; 0 if it does not end. A question's name has nothing
// before it to point to, so a compressed one is malformed.
std::size_t name_length(Octets message)
{
    std::size_t at = kHeader;
    while (at < message.size() && at - kHeader < kNameMax) {
        const std::uint8_t label = message[at];
        if (label > 63)
            return 0;
        at += 1 + std::size_t{label};
        if (label == 0)
            return at - kHeader;
    }
    return 0;
}

} // namespace

Match check_answer(Octets query, Octets received, bool exact_case)
{
    if (received.size() < kHeader)
        return Match::malformed;
    if (u16(received, 0) != u16(query, 0) || (received[2] & kResponseBit) == 0 ||
        (received[2] & kOpcodeBits) != (query[2] & kOpcodeBits))
        return Match::mismatch;
    const std::uint16_t questions = u16(received, 4);
    if (questions == 0)
        return (received[3] & kRcodeBits) != 0 ? Match::answer : Match::mismatch;
    if (questions != 1)
        return Match::mismatch;

    const std::size_t length = name_length(received);
    if (length == 0 || received.size() < kHeader + length + 4)
        return Match::malformed;
    if (length != name_length(query))
        return Match::mismatch;
    for (std::size_t i = kHeader; i < kHeader + length; ++i) {
        // A label's length is below 'A', so it compares as it is.
        if (exact_case ? received[i] != query[i] : lower(received[i]) != lower(query[i]))
            return Match::mismatch;
    }
    for (std::size_t i = kHeader + length; i < kHeader + length + 4; ++i) {
        if (received[i] != query[i])
            return Match::mismatch;
    }
    return Match::answer;
}

} // namespace sonde::dns
