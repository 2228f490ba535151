#pragma once

#include "body.hpp"
#include "low_water.hpp"
#include "patience.hpp"
#include "stream.hpp"

namespace sonde::http_download {

/*
 * A stream that downloads: connects, asks, reads the body, asks again on the same connection when the body ends before
 * the run, and connects again where the server ended the connection.
 */
class Receiver final : public Stream {
public:
    // `on_end` is called once, from the event loop or from `conclude`, and must not destroy the stream.
    Receiver(Shared &shared, std::function<void()> on_end);

    void conclude() override;
    void abandon() override { conclude(); }
    void look(std::int64_t now) override;

private:
    void connect();
    void connected();
    void request();
    void send_request();
    void readable();
    void read_batch();
    // One read of at most `most` bytes; nothing if the batch is over.
    std::optional<std::size_t> read_some(std::uint64_t most);
    bool take(std::string_view data); // false: the stream ended or begins anew
    bool head_done();
    bool body_done(bool clean);
    void connection_ended();
    void note_payload();
    std::uint64_t unnoted() const; // payload that was read and is not counted yet
    std::uint64_t room() const;    // how much may be read at all
    std::uint64_t left() const;    // of payload that is certain to come and to be wanted
    void disconnect();
    void end(StreamEnd how);
    void out_of_patience();

    Shared &shared_;
    std::function<void()> on_end_;
    std::unique_ptr<Link> link_;
    Patience patience_;
    HeadReader head_;
    Body body_;
    bool reading_body_ = false;
    bool got_byte_ = false; // of this response
    std::uint64_t noted_payload_ = 0;
    std::uint32_t noted_out_of_order_ = 0; // of this connection
    std::uint64_t unlooked_bytes_ = 0;     // read since the kernel was last asked what the connection carries
    std::int64_t looked_at_ = 0;           // CLOCK_MONOTONIC, then
    LowWater low_water_;
    std::string unsent_;
    std::int64_t request_begun_ = 0;
};

} // namespace sonde::http_download
