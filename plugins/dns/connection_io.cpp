// What a connection sends and reads once it is there.

#include "connection.hpp"
#include "exchange.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace sonde::dns {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
// A turn: others have theirs as well, however much a server sends.
constexpr int kStreamReadsMost = 16;
// What is read of a server that sends while nobody waits for an answer; who sends more will not stop.
constexpr std::size_t kUnaskedMost = 256 * 1024;
constexpr std::int64_t kMillisecond = 1'000'000;
// How long the other side may take to end a connection after us; what it sends later is not counted.
constexpr std::int64_t kEndMost = 500 * kMillisecond;
constexpr std::string_view kDnsMessage = "application/dns-message";

// A media type with whatever parameters.
bool is_dns_message(std::string_view type)
{
    type = type.substr(0, type.find_first_of("; \t"));
    return std::equal(type.begin(), type.end(), kDnsMessage.begin(), kDnsMessage.end(),
                      [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + ('a' - 'A') == b); });
}

} // namespace

void Connection::submit(Exchange &exchange)
{
    exchange.sending();
    const Octets query = exchange.query();
    if (!http_) {
        output_.push_back(static_cast<std::uint8_t>(query.size() >> 8));
        output_.push_back(static_cast<std::uint8_t>(query.size() & 0xff));
        output_.insert(output_.end(), query.begin(), query.end());
        return;
    }
    const auto stream = http_->submit(query);
    if (!stream)
        return exchange.fail(Outcome::http_failed, "the connection takes no more requests");
    for (Waiting &one : waiting_)
        if (one.exchange == &exchange)
            one.stream = *stream;
}

void Connection::write()
{
    if (stage_ != Stage::ready)
        return;
    if (http_) {
        const auto more = http_->output();
        output_.insert(output_.end(), more.begin(), more.end());
    }
    while (!output_.empty()) {
        clear_tls_errors();
        errno = 0;
        const auto size = static_cast<int>(output_.size());
        const ssize_t written = ssl_ ? SSL_write(ssl_.get(), output_.data(), size)
                                     : send(fd_.get(), output_.data(), output_.size(), MSG_NOSIGNAL);
        if (written > 0) {
            output_.erase(output_.begin(), output_.begin() + written);
            continue;
        }
        const bool full = errno == EAGAIN || errno == EWOULDBLOCK;
        const int why = ssl_   ? SSL_get_error(ssl_.get(), static_cast<int>(written))
                        : full ? SSL_ERROR_WANT_WRITE
                               : SSL_ERROR_SYSCALL;
        if (why == SSL_ERROR_WANT_READ)
            return;
        if (why == SSL_ERROR_WANT_WRITE)
            return writable_->add();
        return fail(Outcome::connection_lost,
                    take_tls_error(errno != 0 ? std::strerror(errno) : "the server ended the connection"));
    }
}

void Connection::read()
{
    std::uint8_t buffer[kReadBytes];
    for (int reads = 0; stage_ == Stage::ready; ++reads) {
        if (reads == kStreamReadsMost)
            return timer_.add_after(0); // not activate(): that one's turn would come before all timeouts
        clear_tls_errors();
        errno = 0;
        const ssize_t size =
            ssl_ ? SSL_read(ssl_.get(), buffer, sizeof buffer) : recv(fd_.get(), buffer, sizeof buffer, 0);
        if (size > 0) {
            if (!ssl_)
                plain_read_ += static_cast<std::uint64_t>(size);
            count();
            if (is_flood(static_cast<std::size_t>(size)))
                return fail(Outcome::connection_lost, "the server does not stop"); // nobody's
            if (!take(buffer, static_cast<std::size_t>(size)))
                return;
            continue;
        }
        const int why = ssl_ ? SSL_get_error(ssl_.get(), static_cast<int>(size))
                             : (size == 0 ? SSL_ERROR_ZERO_RETURN : SSL_ERROR_SYSCALL);
        if (why == SSL_ERROR_WANT_READ || (!ssl_ && (errno == EAGAIN || errno == EWOULDBLOCK)))
            return;
        if (why == SSL_ERROR_WANT_WRITE)
            return writable_->add();
        if (why == SSL_ERROR_ZERO_RETURN || tls_ended_without_word() || errno == 0)
            return fail(Outcome::connection_lost, input_.empty() ? "the server ended the connection"
                                                                 : "the server ended the connection within its answer");
        return fail(Outcome::connection_lost, take_tls_error(std::strerror(errno)));
    }
}

// Whether too much has come, with these bytes, since somebody waited for an answer.
bool Connection::is_flood(std::size_t size)
{
    unasked_ = waiting_.empty() ? unasked_ + size : 0;
    return unasked_ > kUnaskedMost;
}

// Waits for the other side's end, so that its last segments are counted.
void Connection::watch_end()
{
    std::uint8_t rest[kReadBytes];
    ssize_t size = 0;
    int reads = 0;
    bool flood = false;
    while (!flood && reads++ < kStreamReadsMost && (size = recv(fd_.get(), rest, sizeof rest, 0)) > 0) {
        plain_read_ += static_cast<std::uint64_t>(size);
        flood = is_flood(static_cast<std::size_t>(size));
    }
    const bool broken = size < 0 && errno != EAGAIN && errno != EWOULDBLOCK;
    const auto now = bytes();
    if (!now || now->closed || broken || flood || shared_.now() - closing_since_ > kEndMost)
        return end();
    if (size == 0)
        readable_->cancel();
    timer_.add_after(2 * kMillisecond);
}

bool Connection::take(const std::uint8_t *data, std::size_t size)
{
    if (!http_) {
        input_.insert(input_.end(), data, data + size);
        take_messages();
        return stage_ == Stage::ready;
    }
    if (!http_->feed({data, size})) {
        fail(Outcome::http_failed, http_->complaint());
        return false;
    }
    write();
    if (stage_ == Stage::ready && http_->is_over())
        fail(Outcome::http_failed, "the server gave the connection up, or does not keep to HTTP/2");
    return stage_ == Stage::ready;
}

void Connection::take_messages()
{
    std::size_t at = 0;
    while (stage_ == Stage::ready && input_.size() - at >= 2) {
        const std::size_t size = static_cast<std::size_t>(input_[at] << 8 | input_[at + 1]);
        if (size > shared_.settings.answer_size)
            return fail(Outcome::malformed, "an answer of " + std::to_string(size) + " bytes, more than answer_size");
        if (input_.size() - at - 2 < size)
            break;
        const std::vector<std::uint8_t> message(input_.begin() + static_cast<std::ptrdiff_t>(at + 2),
                                                input_.begin() + static_cast<std::ptrdiff_t>(at + 2 + size));
        at += 2 + size;
        take_message(message);
    }
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(std::min(at, input_.size())));
}

void Connection::take_message(Octets message)
{
    bool malformed = false;
    for (const Waiting &one : waiting_) {
        const Match match = check_answer(one.exchange->query(), message, shared_.settings.mixed_case);
        if (match == Match::answer)
            return one.exchange->take_answer(message, std::nullopt);
        malformed = match == Match::malformed;
    }
    if (!waiting_.empty())
        waiting_.front().exchange->take_stray(message.size(),
                                              malformed ? "no DNS message" : "another id or question, or no response");
}

void Connection::take_response(Http2::Response response)
{
    const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const Waiting &one) { return one.stream == response.stream; });
    if (found == waiting_.end())
        return;
    Exchange &exchange = *found->exchange;
    const std::optional<int> status = response.status == 0 ? std::nullopt : std::optional(response.status);
    if (!response.whole)
        return exchange.fail(Outcome::http_failed,
                             "the answer was broken off, larger than answer_size, or its head without end", status);
    if (response.status < 200 || response.status > 299) // RFC 8484 section 4.2.1
        return exchange.fail(Outcome::http_failed, "HTTP status " + std::to_string(response.status), status);
    if (!is_dns_message(response.type))
        return exchange.fail(Outcome::http_failed, "no DNS message, but another Content-Type", status);
    switch (check_answer(exchange.query(), response.body, shared_.settings.mixed_case)) {
    case Match::answer:
        return exchange.take_answer(response.body, status);
    case Match::malformed:
        return exchange.fail(Outcome::malformed, "no DNS message", status);
    case Match::mismatch:
        exchange.take_stray(response.body.size(), "another id or question, or no response");
        return exchange.fail(Outcome::malformed, "it answers another question", status);
    }
}

} // namespace sonde::dns
