#include "chunked_request.hpp"

#include "body.hpp"

#include "support/catch.hpp"

#include <random>

using namespace sonde::http_download;

namespace {

// Frames of zeros: what stands in them does not matter here.
const std::string &frames()
{
    static const std::string made = [] {
        sonde_host host{};
        host.random = [](const sonde_host *, void *, std::uint32_t) {};
        return make_frames(host);
    }();
    return made;
}

} // namespace

TEST_CASE("a request is its head and chunks whose payload is counted as it is written, in whatever pieces")
{
    std::mt19937 random(7);
    const std::string head = "POST / HTTP/1.1\r\n\r\n";
    for (int round = 0; round < 50; ++round) {
        ChunkedRequest request(head, frames());
        std::string wire;
        std::uint64_t payload = 0;
        const auto write_all = [&] {
            while (!request.unsent().empty()) {
                const std::size_t bytes = std::min<std::size_t>(1 + random() % 40'000, request.unsent().size());
                wire.append(request.unsent().substr(0, bytes));
                request.written(bytes);
                Head sized;
                sized.chunked = true;
                Body body(sized);
                std::size_t used = 0;
                if (wire.size() > head.size())
                    body.feed(std::string_view(wire).substr(head.size()), used);
                REQUIRE(request.written_payload() == body.payload_bytes());
            }
        };
        write_all();
        CHECK(wire == head);
        for (int chunks = static_cast<int>(random() % 5); chunks > 0; --chunks) {
            const std::size_t size = random() % 2 == 0 ? kChunkBytes : 1 + random() % kChunkBytes;
            request.begin_chunk(size);
            payload += size;
            write_all();
        }
        CHECK_FALSE(request.said_end());
        request.end_body();
        write_all();
        CHECK(request.said_end());
        CHECK(request.written_payload() == payload);

        Head sized;
        sized.chunked = true;
        Body body(sized);
        std::size_t used = 0;
        CHECK(body.feed(std::string_view(wire).substr(head.size()), used) == Progress::done);
        CHECK(body.payload_bytes() == payload);
    }
}

TEST_CASE("of what is under way the framing is no payload")
{
    CHECK(ChunkedRequest::payload_of(0) == 0);
    CHECK(ChunkedRequest::payload_of(kChunkBytes + 9) == Approx(kChunkBytes));
}
