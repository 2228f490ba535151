#pragma once

#include "stream.hpp"

namespace sonde::http_download {

// Upwards everything goes out in chunks of this payload, so that a body can end whenever the run does.
constexpr std::size_t kChunkBytes = 64 * 1024;

// Chunks that no line can compress, framing included, one behind the other.
std::string make_frames(const sonde_host &host);

/*
 * A stream that uploads: connects, and sends one chunked body until the run is over, then waits for the answer. Payload
 * counts once the other side has acknowledged it: what is only in our own send buffer went nowhere yet.
 */
class Sender final : public Stream {
public:
    // `on_end` is called once, from the event loop or from `conclude`, and must not destroy the stream.
    Sender(Shared &shared, std::function<void()> on_end);

    void conclude() override;
    void abandon() override;
    void look(std::int64_t now) override;
    bool lingers() override;

private:
    void connected();
    void writable();
    bool write_all();  // false: it waits, or has ended
    bool next_chunk(); // false: nothing more is wanted
    void look_and_leave();
    void watch_end();
    void readable();
    bool read_answer(); // false: there is no more now
    void answered();
    void note_payload(std::int64_t now);
    void end(StreamEnd how);
    void renew_patience();
    void out_of_patience();

    Shared &shared_;
    std::function<void()> on_end_;
    std::unique_ptr<Link> link_;
    plugin::Event patience_;
    std::unique_ptr<plugin::Event> reading_;
    std::unique_ptr<plugin::Event> watcher_;
    HeadReader head_;
    std::string short_chunk_; // the last ones, smaller than a frame
    std::string_view unsent_; // of the request's head, a frame or a short chunk
    std::string request_;
    std::size_t frame_ = 0; // which comes next
    std::uint64_t written_payload_ = 0;
    std::uint64_t chunk_payload_ = 0; // of the chunk under way
    std::size_t chunk_size_ = 0;      // with its framing
    bool concluding_ = false;
    bool said_end_ = false; // the last chunk is under way
    bool got_answer_ = false;
    std::int64_t request_sent_ = 0;
};

} // namespace sonde::http_download
