// libFuzzer's target for what dns reads of a server of DNS over HTTPS. The first byte chooses in what pieces the bytes
// arrive; whole responses must be the same however they are cut.
#include "http2.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

using namespace sonde::dns;

namespace {

constexpr int kRequests = 3;

struct Outcome {
    bool taken = true;
    std::map<std::int32_t, Http2::Response> responses;
};

Outcome read(Octets bytes, std::size_t step)
{
    Settings settings;
    settings.path = "/dns-query";
    settings.answer_size = 512;
    Outcome outcome;
    Http2 http(settings, "dns.example.test", [&](Http2::Response response) {
        if (response.stream < 1 || response.stream > 2 * kRequests || response.body.size() > settings.answer_size ||
            outcome.responses.contains(response.stream))
            std::abort();
        outcome.responses.emplace(response.stream, std::move(response));
    });
    const std::vector<std::uint8_t> query(40, 1);
    for (int i = 0; i < kRequests; ++i)
        http.submit(query);
    http.output();
    while (outcome.taken && !bytes.empty()) {
        const Octets piece = bytes.first(std::min(step, bytes.size()));
        outcome.taken = http.feed(piece);
        if (outcome.taken != http.complaint().empty())
            std::abort();
        bytes = bytes.subspan(piece.size());
    }
    http.takes_queries();
    http.finish();
    http.output();
    http.is_over();
    return outcome;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const Octets bytes(data + 1, size - 1);
    const Outcome whole = read(bytes, size);
    const Outcome cut = read(bytes, 1 + data[0] % 64);
    // nghttp2 counts what it takes for an attack anew with each piece.
    if (!whole.taken || !cut.taken)
        return 0;
    if (whole.responses.size() != cut.responses.size())
        std::abort();
    for (const auto &[stream, response] : whole.responses) {
        const auto other = cut.responses.find(stream);
        if (other == cut.responses.end() || response.status != other->second.status ||
            response.type != other->second.type || response.whole != other->second.whole ||
            (response.whole && response.body != other->second.body))
            std::abort();
    }
    return 0;
}
