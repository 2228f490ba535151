#include "chunked_request.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace sonde::http_download {
namespace {

constexpr std::string_view kFrameHead = "10000\r\n"; // kChunkBytes
constexpr std::string_view kChunkEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::size_t kFrameBytes = kFrameHead.size() + kChunkBytes + kChunkEnd.size();
constexpr std::size_t kFrames = 16; // a megabyte: more than compressors look back

} // namespace

std::string make_frames(const sonde_host &host)
{
    std::string frames;
    frames.reserve(kFrames * kFrameBytes);
    std::string payload(kChunkBytes, '\0');
    for (std::size_t i = 0; i < kFrames; ++i) {
        host.random(&host, payload.data(), static_cast<std::uint32_t>(payload.size()));
        frames.append(kFrameHead).append(payload).append(kChunkEnd);
    }
    return frames;
}

ChunkedRequest::ChunkedRequest(std::string head, const std::string &frames)
    : head_(std::move(head)), frames_(frames), unsent_(head_)
{
}

void ChunkedRequest::written(std::size_t bytes)
{
    unsent_.remove_prefix(bytes);
    const std::size_t done = chunk_bytes_ - std::min(unsent_.size(), chunk_bytes_);
    written_payload_ = payload_before_ + std::min(done - std::min(done, payload_at_), payload_);
}

void ChunkedRequest::begin(std::string_view chunk, std::size_t head, std::size_t payload)
{
    unsent_ = chunk;
    chunk_bytes_ = chunk.size();
    payload_at_ = head;
    payload_ = payload;
    payload_before_ = written_payload_;
}

void ChunkedRequest::begin_chunk(std::size_t payload)
{
    if (payload == kChunkBytes) {
        begin(std::string_view(frames_).substr(frame_ * kFrameBytes, kFrameBytes), kFrameHead.size(), payload);
        frame_ = (frame_ + 1) % kFrames;
        return;
    }
    char size[16];
    const int head = std::snprintf(size, sizeof size, "%zx\r\n", payload);
    short_chunk_ = size;
    short_chunk_.append(frames_, kFrameHead.size(), payload).append(kChunkEnd);
    begin(short_chunk_, static_cast<std::size_t>(head), payload);
}

void ChunkedRequest::end_body()
{
    said_end_ = true;
    begin(kLastChunk, kLastChunk.size(), 0);
}

double ChunkedRequest::payload_of(std::uint64_t bytes)
{
    return static_cast<double>(bytes) * kChunkBytes / kFrameBytes;
}

} // namespace sonde::http_download
