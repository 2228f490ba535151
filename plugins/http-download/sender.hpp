#pragma once

#include "chunked_request.hpp"
#include "patience.hpp"
#include "stream.hpp"

namespace sonde::http_download {

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
    Patience patience_;
    std::unique_ptr<plugin::Event> reading_;
    std::unique_ptr<plugin::Event> watcher_;
    HeadReader head_;
    ChunkedRequest request_;
    bool concluding_ = false;
    bool got_answer_ = false;
    std::int64_t request_sent_ = 0;
};

} // namespace sonde::http_download
