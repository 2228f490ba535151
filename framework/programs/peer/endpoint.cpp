#include "programs/peer/endpoint.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <random>
#include <span>
#include <string>

namespace sonde::peer {

using Clock = std::chrono::steady_clock;
using channel::BodyProducer;
using channel::Request;
using channel::Response;

namespace {

constexpr std::size_t kBlock = 1024 * 1024;
constexpr std::size_t kPiece = 256 * 1024;

constexpr std::string_view kUpload = "/upload";
constexpr std::string_view kHelp = "sonde-peer: a measurement endpoint\n"
                                   "  GET /bytes/N          a body of N bytes, e.g. /bytes/20MB\n"
                                   "  GET /time/DURATION    a body that goes on for so long, e.g. /time/5s\n"
                                   "  POST /upload          takes a body, and says how many bytes it had\n";

// Random, or a compressing path would carry less than we count.
std::string_view block()
{
    static const std::string bytes = [] {
        std::mt19937_64 random(std::random_device{}());
        std::string made(kBlock, '\0');
        for (std::size_t i = 0; i < made.size(); i += sizeof(std::uint64_t)) {
            const std::uint64_t word = random();
            std::memcpy(made.data() + i, &word, sizeof word);
        }
        return made;
    }();
    return bytes;
}

struct Suffix {
    std::string_view name;
    std::uint64_t factor;
};

// A whole number and one of the suffixes, within the range of 64 bits.
Result<std::uint64_t> parse_amount(std::string_view text, std::span<const Suffix> suffixes, const char *hint)
{
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view suffix(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
    for (const auto &known : suffixes)
        if (error == std::errc{} && suffix == known.name && number <= UINT64_MAX / 2 / known.factor)
            return number * known.factor;
    return Error{std::string(text), "not understood", hint};
}

// Gives pieces of the block until `size` of them returns 0.
template <class Size>
BodyProducer pieces(Size size)
{
    return [size, offset = std::size_t{0}]() mutable -> asio::awaitable<Result<std::string_view>> {
        Result<std::size_t> next = size();
        if (!next)
            co_return next.error();
        offset = offset + kPiece <= kBlock - kPiece ? offset + kPiece : 0;
        co_return block().substr(offset, *next);
    };
}

} // namespace

Result<std::uint64_t> parse_bytes(std::string_view text)
{
    static constexpr Suffix suffixes[] = {
        {"", 1}, {"kB", 1'000}, {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"TB", 1'000'000'000'000}};
    return parse_amount(text, suffixes, "a number of bytes: 20000000, 20MB");
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text)
{
    static constexpr Suffix suffixes[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}};
    auto parsed = parse_amount(text, suffixes, "a duration: 5s, 1500ms, 2m");
    if (!parsed)
        return parsed.error();
    return std::chrono::milliseconds{static_cast<std::int64_t>(*parsed)};
}

Response Endpoint::sized(std::string_view argument) const
{
    auto bytes = parse_bytes(argument);
    if (!bytes)
        return channel::refuse(400, to_string(bytes.error()));
    if (*bytes > limits_.bytes)
        return channel::refuse(400, "more than the " + std::to_string(limits_.bytes) + " bytes that are allowed");
    Response response;
    response.produced_bytes = *bytes;
    response.producer = pieces([left = *bytes, end = Clock::now() + limits_.time]() mutable -> Result<std::size_t> {
        if (Clock::now() > end)
            return Error{"body", "took longer than is allowed"};
        const auto size = std::min<std::uint64_t>(left, kPiece);
        left -= size;
        return static_cast<std::size_t>(size);
    });
    return response;
}

Response Endpoint::timed(std::string_view argument) const
{
    auto duration = parse_duration(argument);
    if (!duration)
        return channel::refuse(400, to_string(duration.error()));
    if (*duration > limits_.time)
        return channel::refuse(400, "longer than the " + std::to_string(limits_.time.count()) + " ms that are allowed");
    Response response;
    response.producer = pieces([end = Clock::now() + *duration]() -> Result<std::size_t> {
        return Clock::now() < end ? kPiece : std::size_t{0};
    });
    return response;
}

Response Endpoint::received(std::uint64_t bytes) const
{
    Response response{.content_type = "application/json",
                      .body = "{\"received_bytes\":" + std::to_string(bytes) + "}\n"};
    response.headers.set("Sonde-Received-Bytes", std::to_string(bytes));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

Response Endpoint::answer(const Request &request) const
{
    static constexpr std::string_view kBytes = "/bytes/";
    static constexpr std::string_view kTime = "/time/";
    const std::string_view path = request.path;
    if (path == kUpload && (request.method == "POST" || request.method == "PUT"))
        return received(request.discarded_bytes);
    if (request.method != "GET" && request.method != "HEAD") {
        auto refused = channel::refuse(405, "only GET and HEAD, and POST and PUT to /upload");
        refused.headers.set("Allow", "GET, HEAD");
        return refused;
    }
    Response response;
    if (path.starts_with(kBytes))
        response = sized(path.substr(kBytes.size()));
    else if (path.starts_with(kTime))
        response = timed(path.substr(kTime.size()));
    else if (path == "/" || path == kUpload)
        response = {.content_type = "text/plain; charset=utf-8", .body = std::string(kHelp)};
    else
        response = channel::refuse(404, "there is /bytes/N, /time/DURATION, /upload and /");
    if (response.producer)
        response.content_type = "application/octet-stream";
    response.headers.set("Cache-Control", "no-store");
    return response;
}

} // namespace sonde::peer
