#include "receiver.hpp"

#include <algorithm>
#include <utility>

namespace sonde::http_download {
namespace {

// Payload is thrown away in large pieces, small pieces between a chunked body's framing are read with it.
constexpr std::uint64_t kDiscardFrom = 32 * 1024;
constexpr std::uint64_t kDiscardAtMost = 256 * 1024;
// The clock is read, and payload counted, once in so much: a record of TLS at a time would cost more than its reading.
constexpr std::uint64_t kNoteEach = 128 * 1024;

std::string make_get(const Url &url)
{
    // No intermediary may transform or answer from a cache without asking: it is the line to the server we measure.
    return "GET " + url.target + " HTTP/1.1\r\nHost: " + url.host_header +
           "\r\nUser-Agent: sonde-http-download/1.0\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
           "Cache-Control: no-cache, no-transform\r\nConnection: keep-alive\r\n\r\n";
}

} // namespace

Receiver::Receiver(Shared &shared, std::function<void()> on_end)
    : shared_(shared), on_end_(std::move(on_end)),
      patience_(
          shared.base, shared.settings.timeout, [this] { return shared_.now(); }, [this] { out_of_patience(); })
{
    connect();
}

void Receiver::out_of_patience()
{
    const char *what = link_->waiting_for();
    if (what == nullptr && !got_byte_)
        what = "no answer within the timeout";
    else if (what == nullptr && !reading_body_)
        what = "the response's head did not end within the timeout";
    else if (what == nullptr)
        what = "no payload within the timeout";
    end({kTimeout, what});
}

void Receiver::connect()
{
    // The timeout is for a step as a whole, for the body without payload: a byte a second keeps no step alive.
    patience_.renew(shared_.now());
    link_ = std::make_unique<Link>(
        shared_, Link::Purpose::transfer, report_.address, [this] { patience_.renew(shared_.now()); },
        [this] { connected(); }, [this](StreamEnd how) { end(std::move(how)); });
}

void Receiver::connected()
{
    note_link(*link_);
    noted_out_of_order_ = 0;
    low_water_.begin(link_->transport().fd());
    request();
}

void Receiver::request()
{
    if (++report_.requests > kRequestsMax)
        return end({kTooManyRequests, "the body is too small to measure with: it ended 1000 times"});
    head_ = {};
    reading_body_ = got_byte_ = false;
    noted_payload_ = 0;
    low_water_.lower();
    unsent_ = make_get(shared_.settings.url);
    request_begun_ = shared_.now();
    patience_.renew(request_begun_);
    send_request();
}

void Receiver::send_request()
{
    while (!unsent_.empty()) {
        const IoResult result = link_->transport().write(unsent_.data(), unsent_.size());
        if (result.io == Io::want_write || result.io == Io::want_read)
            return link_->wait_for(result.io == Io::want_write ? EV_WRITE : EV_READ, [this] { send_request(); });
        if (result.io != Io::ok)
            return end(
                {kConnectionLost, "the request could not be sent: " + printable(link_->transport().complaint())});
        unsent_.erase(0, result.bytes);
    }
    link_->wait_for(EV_READ | EV_PERSIST, [this] { readable(); });
}

void Receiver::readable()
{
    read_batch();
    note_payload();
    low_water_.keep_below(left());
    if (!report_.tcp || unlooked_bytes_ >= shared_.settings.batch_bytes())
        look(shared_.now());
    if (shared_.meter.over())
        event_base_loopbreak(&shared_.base);
}

void Receiver::read_batch()
{
    const std::uint64_t batch = shared_.settings.batch_bytes();
    for (std::uint64_t read = 0; read < batch;) {
        const auto bytes = read_some(batch - read);
        if (!bytes)
            return;
        read += *bytes;
    }
    if (link_->transport().holds_data())
        link_->wake();
}

std::uint64_t Receiver::unnoted() const
{
    return reading_body_ ? body_.payload_bytes() - noted_payload_ : 0;
}

std::uint64_t Receiver::room() const
{
    const std::uint64_t room = shared_.meter.room();
    return room - std::min(room, unnoted());
}

std::uint64_t Receiver::left() const
{
    return reading_body_ ? std::min(body_.discardable(), room()) : 0;
}

std::optional<std::size_t> Receiver::read_some(std::uint64_t most)
{
    const std::uint64_t wanted = std::min(most, room());
    if (wanted == 0)
        return std::nullopt;
    Transport &transport = link_->transport();
    const std::uint64_t payload = std::min(left(), wanted);
    const bool discard = payload >= kDiscardFrom && transport.can_discard();
    const std::uint64_t asked =
        discard ? std::min(payload, kDiscardAtMost) : std::min<std::uint64_t>(wanted, shared_.buffer.size());
    const IoResult result = discard ? transport.discard(asked) : transport.read(shared_.buffer.data(), asked);
    switch (result.io) {
    case Io::want_read:
    case Io::want_write: // a renegotiation of TLS 1.2 or a key update; OpenSSL sends on the next call
        return std::nullopt;
    case Io::end:
        note_payload();
        connection_ended();
        return std::nullopt;
    case Io::error:
        note_payload();
        end({kConnectionLost, "the connection broke: " + printable(transport.complaint())});
        return std::nullopt;
    case Io::ok:
        break;
    }
    unlooked_bytes_ += result.bytes;
    if (discard) {
        body_.discarded(result.bytes);
        note_payload();
        if (body_.progress() == Progress::done && !body_done(true))
            return std::nullopt;
    } else if (!take({shared_.buffer.data(), result.bytes})) {
        return std::nullopt;
    }
    // The kernel had no more: to ask again would cost as much as to be told.
    return transport.can_discard() && result.bytes < asked ? std::nullopt : std::optional(result.bytes);
}

bool Receiver::take(std::string_view data)
{
    if (!got_byte_) {
        got_byte_ = true;
        if (!report_.first_byte)
            report_.first_byte = shared_.now() - request_begun_;
    }
    std::size_t used = 0;
    if (!reading_body_) {
        switch (head_.feed(data, used)) {
        case Progress::more:
            return true;
        case Progress::bad:
            end({kBadResponse, head_.complaint()});
            return false;
        case Progress::done:
            break;
        }
        data.remove_prefix(used);
        if (!head_done())
            return false;
    }
    const Progress progress = body_.feed(data, used);
    if (progress != Progress::more || unnoted() >= kNoteEach)
        note_payload();
    if (progress == Progress::bad) {
        end({kBadResponse, body_.complaint()});
        return false;
    }
    return progress == Progress::more || body_done(used == data.size());
}

bool Receiver::head_done()
{
    const Head &head = head_.head();
    report_.http_status = head.status;
    report_.intermediary = printable(head.intermediary);
    if (const StreamEnd refusal = refusal_of(head); refusal.status != 0) {
        end(refusal);
        return false;
    }
    body_ = Body(head);
    reading_body_ = true;
    return true;
}

void Receiver::note_payload()
{
    const std::uint64_t grown = unnoted();
    noted_payload_ += grown;
    if (grown == 0)
        return;
    const std::int64_t at = shared_.now();
    if (!shared_.meter.payload(at, grown))
        return;
    patience_.renew(at);
    report_.bytes += grown;
    report_.last = at;
    if (!report_.begin)
        report_.begin = at;
}

// `clean`: nothing came behind the body that does not belong to it.
bool Receiver::body_done(bool clean)
{
    if (body_.payload_bytes() == 0) {
        end({kHttpError, "the server answered " + std::to_string(head_.head().status) + " with an empty body"});
    } else if (shared_.meter.over()) {
        return false;
    } else if (clean && head_.head().keep_alive) {
        request();
    } else {
        disconnect();
        connect();
    }
    return false;
}

void Receiver::connection_ended()
{
    if (!reading_body_) {
        // A kept connection that was closed before it brought a byte: the server was free to (RFC 9112 section 9.3.1).
        if (!got_byte_ && report_.requests > report_.connections) {
            disconnect();
            connect();
        } else {
            end({kConnectionLost, got_byte_ ? "the server ended the connection within a response's head"
                                            : "the server ended the connection without an answer"});
        }
    } else if (body_.ends_with_connection()) {
        body_done(false);
    } else {
        end({kConnectionLost, "the server ended the connection before the body was complete"});
    }
}

void Receiver::look(std::int64_t)
{
    const auto figures = link_->look();
    if (!figures)
        return;
    const std::int64_t now = shared_.now();
    low_water_.choose(std::exchange(unlooked_bytes_, 0), now - std::exchange(looked_at_, now), left());
    report_.tcp = figures;
    report_.out_of_order += figures->out_of_order - noted_out_of_order_;
    noted_out_of_order_ = figures->out_of_order;
}

void Receiver::disconnect()
{
    look(shared_.now());
    if (const auto size = link_->buffer(SO_RCVBUF))
        report_.buffer = size;
    link_->close();
}

void Receiver::end(StreamEnd how)
{
    if (ended_)
        return;
    ended_ = true;
    report_.end = std::move(how);
    patience_.cancel();
    disconnect();
    on_end_();
}

void Receiver::conclude()
{
    end(verdict(shared_.meter));
}

} // namespace sonde::http_download
