#pragma once

#include <sonde/plugin.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sonde::http_download {

// Upwards everything goes out in chunks of this payload, so that a body can end whenever the run does.
constexpr std::size_t kChunkBytes = 64 * 1024;

// Chunks that no line can compress, framing included, one behind the other.
std::string make_frames(const sonde_host &host);

/*
 * A request whose body goes out in chunks (RFC 9112 section 7.1), each made when the one before is written. Says what
 * is to be written next, and how much of what was written is payload.
 */
class ChunkedRequest {
public:
    // `frames`: of make_frames; must outlive it. Begins with the head.
    ChunkedRequest(std::string head, const std::string &frames);

    // What of the head or the chunk under way is not written yet.
    std::string_view unsent() const { return unsent_; }
    void written(std::size_t bytes);
    // Once all is written: begins a chunk of so much payload, from 1 to kChunkBytes, or the one that ends the body.
    void begin_chunk(std::size_t payload);
    void end_body();

    std::size_t chunk_bytes() const { return chunk_bytes_; } // of the chunk under way, framing included
    bool said_end() const { return said_end_; }
    std::uint64_t written_payload() const { return written_payload_; }
    // How much of so many bytes on their way is payload: nothing of nothing, else on the average.
    static double payload_of(std::uint64_t bytes);

private:
    void begin(std::string_view chunk, std::size_t head, std::size_t payload);

    std::string head_;
    const std::string &frames_;
    std::string short_chunk_; // the last ones, smaller than a frame
    std::string_view unsent_;
    std::size_t frame_ = 0;       // which comes next
    std::size_t chunk_bytes_ = 0; // of the chunk under way: all of it,
    std::size_t payload_at_ = 0;  // where its payload begins,
    std::size_t payload_ = 0;     // and how much that is
    std::uint64_t payload_before_ = 0;
    std::uint64_t written_payload_ = 0;
    bool said_end_ = false;
};

} // namespace sonde::http_download
