#include "body.hpp"

#include <algorithm>
#include <limits>

namespace sonde::http_download {
namespace {

constexpr std::size_t kSizeLineMax = 1024;
constexpr std::size_t kTrailersMax = 16 * 1024;

} // namespace

Body::Body(const Head &head) : progress_(Progress::more)
{
    if (head.status == 204 || head.status == 304) {
        progress_ = Progress::done;
    } else if (head.chunked) {
        part_ = Part::chunk_size;
    } else if (head.content_length) {
        left_ = *head.content_length;
        progress_ = left_ == 0 ? Progress::done : Progress::more;
    } else {
        part_ = Part::until_close;
    }
}

Progress Body::bad(std::string text)
{
    complaint_ = std::move(text);
    return progress_ = Progress::bad;
}

std::uint64_t Body::discardable() const
{
    if (progress_ != Progress::more)
        return 0;
    if (part_ == Part::until_close)
        return std::numeric_limits<std::uint64_t>::max();
    return part_ == Part::sized || part_ == Part::chunk_data ? left_ : 0;
}

void Body::discarded(std::uint64_t bytes)
{
    take_payload(bytes);
}

void Body::take_payload(std::uint64_t bytes)
{
    payload_bytes_ += bytes;
    if (part_ == Part::until_close)
        return;
    left_ -= bytes;
    if (left_ > 0)
        return;
    if (part_ == Part::sized)
        progress_ = Progress::done;
    else
        part_ = Part::chunk_end;
}

Progress Body::feed(std::string_view data, std::size_t &used)
{
    used = 0;
    while (used < data.size() && progress_ == Progress::more) {
        if (const std::uint64_t payload = discardable(); payload > 0) {
            const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(payload, data.size() - used));
            take_payload(taken);
            used += taken;
        } else {
            take_framing(data[used++]);
        }
    }
    return progress_;
}

void Body::take_framing(char c)
{
    ++framing_bytes_;
    switch (part_) {
    case Part::chunk_size:
        if (c == '\n')
            finish_size_line();
        else if (c == ';' || c == ' ' || c == '\t' || c == '\r')
            part_ = Part::chunk_extension;
        else
            take_size_digit(c);
        break;
    case Part::chunk_extension:
        if (c == '\n')
            finish_size_line();
        break;
    case Part::chunk_end:
        if (c == '\n')
            part_ = Part::chunk_size;
        else if (c != '\r')
            bad("a chunk is longer than it said");
        framing_bytes_ = digits_ = 0;
        break;
    case Part::trailer:
        if (c == '\n' && line_is_empty_)
            progress_ = Progress::done;
        else if (c == '\n')
            line_is_empty_ = true;
        else if (c != '\r')
            line_is_empty_ = false;
        break;
    case Part::sized:
    case Part::until_close:
    case Part::chunk_data:
        break;
    }
    if (progress_ == Progress::more && framing_bytes_ > (part_ == Part::trailer ? kTrailersMax : kSizeLineMax))
        bad(part_ == Part::trailer ? "the body's trailers are endless" : "a chunk's size line is endless");
}

void Body::take_size_digit(char c)
{
    int digit = -1;
    if (c >= '0' && c <= '9')
        digit = c - '0';
    else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        digit = (c | 0x20) - 'a' + 10;
    if (digit < 0)
        bad("a chunk's size is not a hexadecimal number");
    else if (++digits_ > 15)
        bad("a chunk's size is absurd");
    else
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
}

void Body::finish_size_line()
{
    if (digits_ == 0) {
        bad("a chunk has no size");
        return;
    }
    part_ = left_ == 0 ? Part::trailer : Part::chunk_data;
    framing_bytes_ = 0;
    line_is_empty_ = true;
}

bool Body::ends_with_connection()
{
    if (progress_ == Progress::more && part_ == Part::until_close)
        progress_ = Progress::done;
    return progress_ == Progress::done;
}

} // namespace sonde::http_download
