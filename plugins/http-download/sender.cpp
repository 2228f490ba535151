#include "sender.hpp"

#include <algorithm>

#include <linux/tcp.h>
#include <netinet/in.h>

namespace sonde::http_download {
namespace {

// What waits unsent in the kernel: enough that it never runs dry, little enough that a slow line ends in time.
constexpr int kUnsentMax = 256 * 1024;

constexpr std::int64_t kLookEach = 1'000'000; // ns

constexpr int kPiecesMax = 16; // of an answer, before it is the others' turn

// A full record of TLS 1.3 on the wire: its header, type and tag.
constexpr double kRecordPayload = 16384.0 / (16384 + 22);

std::string make_post(const Url &url)
{
    return "POST " + url.target + " HTTP/1.1\r\nHost: " + url.host_header +
           "\r\nUser-Agent: sonde-http-upload/1.0\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
           "Content-Type: application/octet-stream\r\nCache-Control: no-cache, no-transform\r\n"
           "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
}

} // namespace

Sender::Sender(Shared &shared, std::function<void()> on_end)
    : shared_(shared), on_end_(std::move(on_end)),
      patience_(
          shared.base, shared.settings.timeout, [this] { return shared_.now(); }, [this] { out_of_patience(); }),
      request_(make_post(shared.settings.url), shared.frames)
{
    renew_patience();
    link_ = std::make_unique<Link>(
        shared_, Link::Purpose::transfer, std::nullopt, [this] { renew_patience(); }, [this] { connected(); },
        [this](StreamEnd how) { end(std::move(how)); });
}

void Sender::renew_patience()
{
    patience_.renew(shared_.now());
}

void Sender::out_of_patience()
{
    const char *what = link_->waiting_for();
    if (what == nullptr)
        what = request_.said_end() ? "no answer within the timeout" : "nothing was acknowledged within the timeout";
    end({kTimeout, what});
}

void Sender::connected()
{
    note_link(*link_);
    const int fd = link_->transport().fd();
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentMax, sizeof kUnsentMax);
    reading_ = std::make_unique<plugin::Event>(shared_.base, fd, EV_READ | EV_PERSIST, [this] { readable(); });
    reading_->add();
    report_.requests = 1;
    renew_patience();
    writable();
}

// Chunk after chunk, as long as the kernel takes it and the run wants it.
void Sender::writable()
{
    const std::uint64_t batch = shared_.settings.batch_bytes();
    for (std::uint64_t written = 0; written < batch; written += request_.chunk_bytes()) {
        if (!write_all())
            return look_and_leave();
        if (request_.said_end())
            return got_answer_ ? end({}) : renew_patience();
        if (!next_chunk())
            return watch_end();
    }
    link_->wait_for(EV_WRITE, [this] { writable(); });
    look_and_leave();
}

void Sender::look_and_leave()
{
    if (ended_)
        return;
    look(shared_.now());
    if (shared_.meter.over() && !concluding_)
        event_base_loopbreak(&shared_.base);
}

// All that is wanted is under way. Nothing wakes us when it was acknowledged, so look often: conclude() says the rest.
void Sender::watch_end()
{
    if (concluding_ || ended_)
        return;
    look_and_leave();
    if (!watcher_)
        watcher_ = std::make_unique<plugin::Event>(shared_.base, -1, EV_TIMEOUT, [this] { watch_end(); });
    watcher_->add_after(kLookEach);
}

bool Sender::write_all()
{
    while (!request_.unsent().empty()) {
        const IoResult result = link_->transport().write(request_.unsent().data(), request_.unsent().size());
        if (result.io == Io::want_write || result.io == Io::want_read) {
            link_->wait_for(EV_WRITE, [this] { writable(); });
            return false;
        }
        if (result.io != Io::ok) {
            const std::string complaint = printable(link_->transport().complaint());
            // A server that refuses may say why before it closes.
            readable();
            end({kConnectionLost, "the connection broke: " + complaint});
            return false;
        }
        request_.written(result.bytes);
    }
    return true;
}

bool Sender::next_chunk()
{
    if (concluding_) {
        request_.end_body();
        return true;
    }
    const std::uint64_t wanted = std::min<std::uint64_t>(shared_.meter.to_offer(), kChunkBytes);
    if (wanted == 0)
        return false;
    if (!report_.begin) {
        const std::int64_t now = shared_.now();
        shared_.meter.payload(now, 0); // the clock of the run starts here
        report_.begin = report_.last = request_sent_ = now;
    }
    shared_.meter.offer(wanted);
    request_.begin_chunk(wanted);
    return true;
}

void Sender::readable()
{
    // An answer may be endless.
    for (int pieces = 0; pieces < kPiecesMax && !ended_ && read_answer(); ++pieces) {
    }
    look_and_leave();
}

bool Sender::read_answer()
{
    const IoResult result = link_->transport().read(shared_.buffer.data(), shared_.buffer.size());
    if (result.io == Io::want_read || result.io == Io::want_write)
        return false;
    if (got_answer_ && result.io == Io::ok)
        return true; // its body does not matter
    if (result.io == Io::end || result.io == Io::error) {
        end({kConnectionLost, result.io == Io::end
                                  ? std::string(got_answer_ ? "the server ended the connection before the body's end"
                                                            : "the server ended the connection without an answer")
                                  : "the connection broke: " + printable(link_->transport().complaint())});
        return false;
    }
    if (!report_.first_byte)
        report_.first_byte = shared_.now() - request_sent_;
    std::size_t used = 0;
    switch (head_.feed({shared_.buffer.data(), result.bytes}, used)) {
    case Progress::more:
        return true;
    case Progress::bad:
        end({kBadResponse, head_.complaint()});
        return false;
    case Progress::done:
        answered();
        return false;
    }
    return false;
}

void Sender::answered()
{
    got_answer_ = true;
    const Head &head = head_.head();
    report_.http_status = head.status;
    report_.intermediary = printable(head.intermediary);
    look(shared_.now());
    if (const StreamEnd refusal = refusal_of(head); refusal.status != 0)
        return end(refusal);
    if (!request_.said_end() || !request_.unsent().empty())
        return; // some say yes at once and go on reading
    report_.confirmed_bytes = head.received_bytes;
    if (head.received_bytes && *head.received_bytes != request_.written_payload())
        return end({kBadResponse, "the server says that it got " + std::to_string(*head.received_bytes) + " of " +
                                      std::to_string(request_.written_payload()) + " bytes"});
    end({});
}

// Exact where nothing is under way; else what the framing and TLS add to it is known on the average.
void Sender::note_payload(std::int64_t now)
{
    double under_way = ChunkedRequest::payload_of(report_.tcp->unacknowledged_bytes);
    if (shared_.tls)
        under_way *= kRecordPayload;
    const std::uint64_t written = request_.written_payload();
    const auto acknowledged = written - std::min(static_cast<std::uint64_t>(under_way), written);
    if (acknowledged <= report_.bytes)
        return;
    const std::uint64_t grown = acknowledged - report_.bytes;
    if (!shared_.meter.payload(now, grown))
        return;
    report_.bytes += grown;
    report_.last = now;
    if (!concluding_)
        renew_patience();
}

void Sender::look(std::int64_t now)
{
    const auto figures = link_->look();
    if (!figures)
        return;
    report_.tcp = figures;
    report_.out_of_order = figures->out_of_order;
    if (report_.begin && !ended_)
        note_payload(now);
}

void Sender::conclude()
{
    if (ended_ || concluding_)
        return;
    concluding_ = true;
    if (link_->waiting_for() != nullptr || !report_.begin)
        return end(verdict(shared_.meter));
    renew_patience();
    writable();
}

void Sender::abandon()
{
    end(verdict(shared_.meter));
}

void Sender::end(StreamEnd how)
{
    if (ended_)
        return;
    look(shared_.now());
    ended_ = true;
    report_.end = std::move(how);
    patience_.cancel();
    reading_.reset();
    watcher_.reset();
    report_.buffer = link_->buffer(SO_SNDBUF);
    link_->close();
    on_end_();
}

} // namespace sonde::http_download
