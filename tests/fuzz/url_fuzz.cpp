// libFuzzer's target for the URLs of servers, request targets, addresses to listen on and percent-encoding: what reads
// well must write and read back as the same.
#include "channel/url.hpp"
#include "channel/wire.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace sonde::channel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    if (const auto url = parse_url(text)) {
        const auto again = parse_url(to_string(*url));
        if (!again || again->tls != url->tls || again->host != url->host || again->port != url->port)
            std::abort();
    }
    if (percent_decode(percent_encode(text)).value() != text)
        std::abort();
    static_cast<void>(percent_decode(text));
    if (const auto endpoint = parse_endpoint(text); endpoint && parse_endpoint(to_text(*endpoint)).value() != *endpoint)
        std::abort();
    Request request;
    if (parse_target(text, request)) {
        Request again;
        again.path = request.path;
        again.query = request.query;
        // GET, a blank, the target, a blank.
        const std::string head = request_head(again, *parse_url("https://localhost"));
        Request read;
        if (!parse_target(std::string_view(head).substr(4, head.find(' ', 4) - 4), read) || read.path != request.path ||
            read.query != request.query)
            std::abort();
    }
    return 0;
}
