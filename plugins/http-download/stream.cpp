#include "stream.hpp"

#include <algorithm>
#include <cerrno>

#include <netinet/tcp.h>

namespace sonde::http_download {
namespace {

// Payload is thrown away in large pieces, small pieces between a chunked body's framing are read with it.
constexpr std::uint64_t kDiscardFrom = 32 * 1024;
constexpr std::uint64_t kDiscardAtMost = 256 * 1024;
// After so much of one stream the byte limit is looked at, and it is the others' turn.
std::uint64_t batch_bytes(const Settings &settings)
{
    return std::clamp<std::uint64_t>(settings.limit / settings.streams / 64, 64 * 1024, 1024 * 1024);
}

std::string make_request(const Url &url)
{
    // No intermediary may transform or answer from a cache without asking: it is the line to the server we measure.
    return "GET " + url.target + " HTTP/1.1\r\nHost: " + url.host_header +
           "\r\nUser-Agent: sonde-http-download/1.0\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
           "Cache-Control: no-cache, no-transform\r\nConnection: keep-alive\r\n\r\n";
}

// What a server said, fit for a message.
std::string printable(std::string_view text)
{
    std::string clean(text.substr(0, 200));
    std::replace_if(
        clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
    return clean;
}

} // namespace

Stream::Stream(Shared &shared, std::function<void()> on_end)
    : shared_(shared), on_end_(std::move(on_end)), patience_(shared.base, -1, EV_TIMEOUT, [this] { out_of_patience(); })
{
    connect();
}

// The timeout is for a step as a whole, for the body without payload: a byte a second keeps no step alive.
void Stream::renew_patience()
{
    patience_.add_after(shared_.settings.timeout);
}

void Stream::out_of_patience()
{
    const char *what = "no payload within the timeout";
    if (connector_)
        what = "no connection within the timeout";
    else if (shared_.tls && report_.tls_version.empty())
        what = "TLS was not set up within the timeout";
    else if (!got_byte_)
        what = "no answer within the timeout";
    else if (!reading_body_)
        what = "the response's head did not end within the timeout";
    end(kTimeout, what);
}

void Stream::connect()
{
    renew_patience();
    // The address that served before comes first again.
    std::vector<sonde_ip> addresses = shared_.addresses;
    if (report_.address) {
        const auto same = [this](const sonde_ip &ip) {
            return ip.family == report_.address->family && std::equal(ip.bytes, ip.bytes + 16, report_.address->bytes);
        };
        std::stable_partition(addresses.begin(), addresses.end(), same);
    }
    connector_ = std::make_unique<Connector>(
        shared_.host, shared_.base, std::move(addresses), shared_.settings,
        [this](Connector::Connected connection) { connected(std::move(connection)); },
        [this](Connector::Failed failed) {
            end(failed.error == ECONNREFUSED ? kConnectRefused : kConnectFailed, std::move(failed.text));
        });
}

void Stream::connected(Connector::Connected connection)
{
    connector_.reset();
    if (!report_.connect)
        report_.connect = connection.duration;
    report_.address = connection.address;
    ++report_.connections;
    seen_ = {};

    const int fd = connection.fd.get();
    char name[16] = {};
    socklen_t length = sizeof name;
    if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length) == 0)
        report_.congestion_control.assign(name, strnlen(name, sizeof name));
    transport_ = Transport(std::move(connection.fd));
    if (!read_tcp_figures(fd, report_.address->family))
        return end(kNoSocket, "the kernel does not tell what a connection carries, so no limit could be kept");
    renew_patience();
    phase_begun_ = now();
    if (shared_.tls) {
        transport_.add_tls(*shared_.tls, shared_.settings.url.host);
        handshake();
    } else {
        request();
    }
}

void Stream::handshake()
{
    const IoResult result = transport_.handshake();
    switch (result.io) {
    case Io::want_read:
        return wait_for(EV_READ, &Stream::handshake);
    case Io::want_write:
        return wait_for(EV_WRITE, &Stream::handshake);
    case Io::end:
    case Io::error:
        return fail_handshake();
    case Io::ok:
        break;
    }
    if (!report_.tls)
        report_.tls = now() - phase_begun_;
    report_.tls_version = transport_.tls_version();
    request();
}

void Stream::fail_handshake()
{
    if (transport_.certificate_rejected())
        end(kCertificateRejected, "the server's certificate was not accepted: " + transport_.complaint());
    else
        end(kTlsFailed, "TLS could not be set up: " + printable(transport_.complaint()));
}

void Stream::request()
{
    if (++report_.requests > kRequestsMax)
        return end(kTooManyRequests, "the body is too small to measure with: it ended 1000 times");
    head_ = {};
    reading_body_ = got_byte_ = false;
    noted_payload_ = 0;
    renew_patience();
    unsent_ = make_request(shared_.settings.url);
    phase_begun_ = now();
    send_request();
}

void Stream::send_request()
{
    while (!unsent_.empty()) {
        const IoResult result = transport_.write(unsent_.data(), unsent_.size());
        if (result.io == Io::want_write)
            return wait_for(EV_WRITE, &Stream::send_request);
        if (result.io == Io::want_read)
            return wait_for(EV_READ, &Stream::send_request);
        if (result.io != Io::ok)
            return end(kConnectionLost, "the request could not be sent: " + printable(transport_.complaint()));
        unsent_.erase(0, result.bytes);
    }
    wait_for(EV_READ | EV_PERSIST, &Stream::readable);
}

void Stream::readable()
{
    read_batch();
    look();
    if (shared_.meter.over())
        event_base_loopbreak(&shared_.base);
}

void Stream::read_batch()
{
    const std::uint64_t batch = batch_bytes(shared_.settings);
    for (std::uint64_t read = 0; read < batch;) {
        const auto bytes = read_some(batch - read);
        if (!bytes)
            return;
        read += *bytes;
    }
    if (transport_.holds_data())
        waiting_->activate(EV_READ);
}

std::optional<std::size_t> Stream::read_some(std::uint64_t most)
{
    const std::uint64_t room = std::min(most, shared_.meter.room());
    if (room == 0)
        return std::nullopt;
    const std::uint64_t payload = reading_body_ ? std::min(body_.discardable(), room) : 0;
    const bool discard = payload >= kDiscardFrom && transport_.can_discard();
    const IoResult result = discard ? transport_.discard(std::min(payload, kDiscardAtMost))
                                    : transport_.read(shared_.buffer.data(), std::min(room, shared_.buffer.size()));
    switch (result.io) {
    case Io::want_read:
    case Io::want_write: // a renegotiation of TLS 1.2 or a key update; OpenSSL sends on the next call
        return std::nullopt;
    case Io::end:
        connection_ended();
        return std::nullopt;
    case Io::error:
        end(kConnectionLost, "the connection broke: " + printable(transport_.complaint()));
        return std::nullopt;
    case Io::ok:
        break;
    }
    if (discard) {
        body_.discarded(result.bytes);
        note_payload();
        if (body_.progress() == Progress::done && !body_done(true))
            return std::nullopt;
    } else if (!take({shared_.buffer.data(), result.bytes})) {
        return std::nullopt;
    }
    return result.bytes;
}

bool Stream::take(std::string_view data)
{
    if (!got_byte_) {
        got_byte_ = true;
        if (!report_.first_byte)
            report_.first_byte = now() - phase_begun_;
    }
    std::size_t used = 0;
    if (!reading_body_) {
        switch (head_.feed(data, used)) {
        case Progress::more:
            return true;
        case Progress::bad:
            end(kBadResponse, head_.complaint());
            return false;
        case Progress::done:
            break;
        }
        data.remove_prefix(used);
        if (!head_done())
            return false;
    }
    const Progress progress = body_.feed(data, used);
    note_payload();
    if (progress == Progress::bad) {
        end(kBadResponse, body_.complaint());
        return false;
    }
    return progress == Progress::more || body_done(used == data.size());
}

bool Stream::head_done()
{
    const Head &head = head_.head();
    report_.http_status = head.status;
    if (head.status >= 300 && head.status < 400) {
        // The policy of the line judged this target; where a redirect leads, it has not judged.
        end(kRedirect, "redirected (" + std::to_string(head.status) + ") to '" + printable(head.location) +
                           "'; name that URL if it is the one to measure");
        return false;
    }
    if (head.status >= 400) {
        end(kHttpError, "the server answered " + std::to_string(head.status));
        return false;
    }
    body_ = Body(head);
    reading_body_ = true;
    return true;
}

void Stream::note_payload()
{
    const std::uint64_t grown = body_.payload_bytes() - noted_payload_;
    noted_payload_ += grown;
    const std::int64_t at = now();
    if (grown == 0 || !shared_.meter.payload(at, grown))
        return;
    renew_patience();
    report_.bytes += grown;
    report_.last = at;
    if (!report_.begin)
        report_.begin = at;
}

// `clean`: nothing came behind the body that does not belong to it.
bool Stream::body_done(bool clean)
{
    if (body_.payload_bytes() == 0) {
        end(kHttpError, "the server answered " + std::to_string(head_.head().status) + " with an empty body");
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

void Stream::connection_ended()
{
    if (!reading_body_) {
        // A kept connection that was closed before it brought a byte: the server was free to (RFC 9112 section 9.3.1).
        if (!got_byte_ && report_.requests > report_.connections) {
            disconnect();
            connect();
        } else {
            end(kConnectionLost, got_byte_ ? "the server ended the connection within a response's head"
                                           : "the server ended the connection without an answer");
        }
    } else if (body_.ends_with_connection()) {
        body_done(false);
    } else {
        end(kConnectionLost, "the server ended the connection before the body was complete");
    }
}

void Stream::look()
{
    if (!transport_.is_open())
        return;
    const auto figures = read_tcp_figures(transport_.fd(), report_.address->family);
    if (!figures)
        return;
    report_.tcp = figures;
    report_.out_of_order += figures->out_of_order - seen_.out_of_order;
    shared_.meter.wire(
        figures->ip_received_bytes - seen_.ip_received_bytes, figures->ip_sent_bytes - seen_.ip_sent_bytes,
        static_cast<std::int64_t>(figures->may_come_bytes) - static_cast<std::int64_t>(seen_.may_come_bytes));
    seen_ = *figures;
}

void Stream::wait_for(short what, void (Stream::*step)())
{
    step_ = step;
    waiting_ = std::make_unique<plugin::Event>(shared_.base, transport_.fd(), what, [this] { (this->*step_)(); });
    waiting_->add();
    if (transport_.holds_data())
        waiting_->activate(EV_READ);
}

void Stream::disconnect()
{
    if (!transport_.is_open())
        return;
    look();
    shared_.meter.wire(0, 0, -static_cast<std::int64_t>(seen_.may_come_bytes));
    int size = 0;
    socklen_t length = sizeof size;
    if (getsockopt(transport_.fd(), SOL_SOCKET, SO_RCVBUF, &size, &length) == 0)
        report_.receive_buffer = size;
    waiting_.reset();
    transport_.close();
}

void Stream::end(std::int32_t status, std::string text)
{
    if (ended_)
        return;
    ended_ = true;
    report_.end = {status, std::move(text)};
    connector_.reset();
    disconnect();
    patience_.cancel();
    on_end_();
}

void Stream::stop()
{
    const End why = shared_.meter.end();
    if (report_.begin || why == End::cancelled || (shared_.meter.begun() && why != End::duration))
        end(0, ""); // the others were enough, or nobody wants more
    else if (why == End::budget)
        end(kLimitTooSmall, "the limit leaves no room for what a server may send before anyone can stop it");
    else
        end(kTimeout, "the run was over before this stream brought a byte");
}

} // namespace sonde::http_download
