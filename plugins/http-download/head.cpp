#include "head.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace sonde::http_download {
namespace {

constexpr std::string_view kStart = "HTTP/1.";
constexpr std::size_t kIntermediaryMax = 200;

// Fields by which a cache or a proxy makes itself known (RFC 9110 section 7.6.3, RFC 9111 section 5.1, RFC 9211).
constexpr std::string_view kIntermediaryFields[] = {"via", "age", "x-cache", "cache-status", "cf-cache-status"};

bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Calls `each` with every item of a comma-separated list.
template <class F>
void for_each_item(std::string_view list, F each)
{
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        each(trimmed(list.substr(0, comma)));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
}

bool is_field_name(std::string_view name)
{
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::all_of(name.begin(), name.end(), [&](unsigned char c) {
        return std::isalnum(c) || kOthers.find(static_cast<char>(c)) != std::string_view::npos;
    });
}

} // namespace

Progress HeadReader::bad(std::string text)
{
    complaint_ = std::move(text);
    return Progress::bad;
}

Progress HeadReader::feed(std::string_view data, std::size_t &used)
{
    used = 0;
    while (used < data.size()) {
        const auto newline = data.find('\n', used);
        const auto end = newline == std::string_view::npos ? data.size() : newline;
        const auto next = std::min(end + 1, data.size());
        seen_bytes_ += next - used;
        if (seen_bytes_ > kBytesMax)
            return bad("the response's head is longer than 32 KiB");
        line_.append(data.substr(used, end - used));
        used = next;
        if (!in_fields_ && line_.compare(0, kStart.size(), kStart, 0, line_.size()) != 0)
            return bad("the answer is not HTTP/1.x");
        if (newline == std::string_view::npos)
            return Progress::more;
        if (!line_.empty() && line_.back() == '\r')
            line_.pop_back();
        const std::string line = std::exchange(line_, {});
        if (const Progress progress = take_line(line); progress != Progress::more)
            return progress;
    }
    return Progress::more;
}

Progress HeadReader::take_line(std::string_view line)
{
    if (std::any_of(line.begin(), line.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; }))
        return bad("the response's head holds control characters");
    if (!in_fields_)
        return take_status_line(line);
    return line.empty() ? finish() : take_field(line);
}

// RFC 9112 section 4: HTTP-version SP status-code SP [reason-phrase]; the last space is often missing.
Progress HeadReader::take_status_line(std::string_view line)
{
    const auto digit = [&](std::size_t at) { return std::isdigit(static_cast<unsigned char>(line[at])) != 0; };
    if (line.size() < 12 || !digit(7) || line[8] != ' ' || !digit(9) || !digit(10) || !digit(11) ||
        (line.size() > 12 && line[12] != ' '))
        return bad("the answer's status line is malformed");
    head_ = Head{};
    minor_ = line[7] - '0';
    said_close_ = said_keep_alive_ = false;
    std::from_chars(line.data() + 9, line.data() + 12, head_.status);
    if (head_.status < 100)
        return bad("the answer's status code is below 100");
    in_fields_ = true;
    return Progress::more;
}

Progress HeadReader::take_field(std::string_view line)
{
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_field_name(line.substr(0, colon)))
        return bad("a line of the response's head is no header field");
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));

    if (equal_ignoring_case(name, "content-length")) {
        std::uint64_t length = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
        if (error != std::errc() || end != value.data() + value.size() || length > INT64_MAX)
            return bad("the Content-Length is not a number");
        if (head_.content_length && *head_.content_length != length)
            return bad("two Content-Lengths contradict each other");
        head_.content_length = length;
    } else if (equal_ignoring_case(name, "transfer-encoding")) {
        // "chunked" must come once, as the only coding: we asked for no other (RFC 9112 section 6.1).
        if (head_.chunked || !equal_ignoring_case(value, "chunked"))
            return bad("the Transfer-Encoding is not plainly 'chunked'");
        head_.chunked = true;
    } else if (equal_ignoring_case(name, "connection")) {
        for_each_item(value, [this](std::string_view item) {
            said_close_ = said_close_ || equal_ignoring_case(item, "close");
            said_keep_alive_ = said_keep_alive_ || equal_ignoring_case(item, "keep-alive");
        });
    } else if (equal_ignoring_case(name, "location")) {
        head_.location = value;
    } else if (equal_ignoring_case(name, "sonde-received-bytes")) {
        std::uint64_t bytes = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bytes);
        if (error == std::errc() && end == value.data() + value.size() && bytes <= INT64_MAX)
            head_.received_bytes = bytes;
    } else if (std::any_of(std::begin(kIntermediaryFields), std::end(kIntermediaryFields),
                           [name](std::string_view field) { return equal_ignoring_case(name, field); })) {
        std::string &all = head_.intermediary;
        all.append(all.empty() ? "" : "; ").append(name).append(": ").append(value);
        all.resize(std::min(all.size(), kIntermediaryMax));
    }
    return Progress::more;
}

Progress HeadReader::finish()
{
    if (head_.status == 101)
        return bad("the server switches protocols, unasked");
    if (head_.status < 200) {
        if (++interim_ > kInterimMax)
            return bad("the server sends one interim response after the other");
        in_fields_ = false;
        return Progress::more;
    }
    if (head_.chunked)
        head_.content_length.reset(); // RFC 9112 section 6.3: Transfer-Encoding overrides
    const bool framed = head_.chunked || head_.content_length || head_.status == 204 || head_.status == 304;
    head_.keep_alive = framed && !said_close_ && (minor_ >= 1 || said_keep_alive_);
    return Progress::done;
}

} // namespace sonde::http_download
