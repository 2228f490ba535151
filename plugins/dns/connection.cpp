#include "connection.hpp"

#include "exchange.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>

namespace sonde::dns {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
// How long the other side may take to end a connection after us; what it sends later is not counted.
constexpr std::int64_t kEndMost = 500 * kMillisecond;
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr int kReadsMost = 16, kReadsAtEndMost = 64; // a call
constexpr std::string_view kDnsMessage = "application/dns-message";

// Of a TCP connection that could not be made.
Outcome outcome_of_connect(int error)
{
    return error == ECONNREFUSED ? Outcome::connect_refused : Outcome::connect_failed;
}

// A media type with whatever parameters.
bool is_dns_message(std::string_view type)
{
    type = type.substr(0, type.find_first_of("; \t"));
    return std::equal(type.begin(), type.end(), kDnsMessage.begin(), kDnsMessage.end(),
                      [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + ('a' - 'A') == b); });
}

bool ended_without_word()
{
    return ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

} // namespace

Connection::Connection(Connecting &shared, const Server &server, std::size_t server_index, Transport transport,
                       bool resume, std::function<void(Connection &)> over)
    : shared_(shared), server_(server), server_index_(server_index), transport_(transport), resume_(resume),
      over_(std::move(over)), timer_(shared.base, -1, EV_TIMEOUT, [this] {
          if (stage_ == Stage::closing)
              watch_end();
          else if (begin_error_ != 0)
              fail(Outcome::unsent, std::strerror(begin_error_));
      })
{
}

Connection::~Connection() = default;

void Connection::begin()
{
    stage_ = Stage::connecting;
    phases_.begun = shared_.now();
    std::int32_t fd = -1;
    begin_error_ = shared_.host.socket(&shared_.host, SONDE_SOCKET_TCP, server_.ip.family, 1, &fd);
    if (begin_error_ == 0) {
        fd_.reset(fd);
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const plugin::SocketAddress to = plugin::socket_address(server_.ip, shared_.settings.port_of(transport_));
        phases_.begun = shared_.now();
        if (connect(fd, to.get(), to.length) != 0 && errno != EINPROGRESS)
            begin_error_ = errno;
    }
    if (begin_error_ != 0) {
        timer_.add_after(0);
        return;
    }
    readable_ = std::make_unique<plugin::Event>(shared_.base, fd, EV_READ | EV_PERSIST, [this] {
        if (stage_ == Stage::securing)
            secure();
        else if (stage_ == Stage::closing)
            watch_end();
        else
            read();
    });
    writable_ = std::make_unique<plugin::Event>(shared_.base, fd, EV_WRITE, [this] {
        if (stage_ == Stage::connecting)
            connected();
        else if (stage_ == Stage::securing)
            secure();
        else
            write();
    });
    writable_->add();
}

void Connection::connected()
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    // A reset of a connection that was there, before we looked; a refusal is ECONNREFUSED.
    const bool reset = error == ECONNRESET;
    if (error != 0 && !reset)
        return fail(outcome_of_connect(error), std::strerror(error));
    phases_.connect = shared_.now() - phases_.begun;
    if (reset)
        return fail(transport_ == Transport::tcp ? Outcome::connection_lost : Outcome::tls_failed,
                    std::strerror(error));
    plugin::SocketAddress local;
    local.length = sizeof local.storage;
    if (getsockname(fd_.get(), local.get(), &local.length) == 0)
        phases_.local = plugin::endpoint_of(local.get());
    readable_->add();
    if (transport_ == Transport::tcp)
        return secured();
    stage_ = Stage::securing;
    secure_begun_ = shared_.now();
    ssl_ = shared_.tls->begin(fd_.get(), tls_name(), server_index_, transport_, resume_);
    secure();
}

void Connection::secure()
{
    ERR_clear_error();
    errno = 0;
    const int result = SSL_connect(ssl_.get());
    if (result != 1) {
        switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return;
        case SSL_ERROR_WANT_WRITE:
            return writable_->add();
        default:
            break;
        }
        const std::string system = errno != 0 ? std::strerror(errno) : "the server ended the connection";
        if (const long verdict = SSL_get_verify_result(ssl_.get()); verdict != X509_V_OK)
            return fail(Outcome::certificate_rejected, X509_verify_cert_error_string(verdict));
        return fail(Outcome::tls_failed, ended_without_word() ? system : take_tls_error(system));
    }
    phases_.tls = shared_.now() - secure_begun_;
    phases_.resumed = SSL_session_reused(ssl_.get()) == 1;
    phases_.tls_version = SSL_get_version(ssl_.get());
    if (transport_ == Transport::doh) {
        const unsigned char *chosen = nullptr;
        unsigned int size = 0;
        SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
        if (size != 2 || std::memcmp(chosen, "h2", 2) != 0)
            return fail(Outcome::http_failed, "the server does not offer HTTP/2");
        http_ = std::make_unique<Http2>(shared_.settings, authority(),
                                        [this](Http2::Response response) { take_response(std::move(response)); });
    }
    secured();
}

void Connection::secured()
{
    stage_ = Stage::ready;
    const auto waiting = waiting_;
    for (const Waiting &one : waiting)
        submit(*one.exchange);
    write();
    if (stage_ == Stage::ready && ssl_)
        read(); // what was read ahead makes no socket readable
}

void Connection::ask(Exchange &exchange)
{
    waiting_.push_back({&exchange, 0});
    if (stage_ == Stage::ready) {
        submit(exchange);
        writable_->add(); // from the loop: nothing goes wrong within the caller
    }
}

void Connection::forget(const Exchange &exchange)
{
    std::erase_if(waiting_, [&exchange](const Waiting &one) { return one.exchange == &exchange; });
}

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
        ERR_clear_error();
        const auto size = static_cast<int>(output_.size());
        const ssize_t written = ssl_ ? SSL_write(ssl_.get(), output_.data(), size)
                                     : send(fd_.get(), output_.data(), output_.size(), MSG_NOSIGNAL);
        if (written > 0) {
            output_.erase(output_.begin(), output_.begin() + written);
            continue;
        }
        const int why = ssl_ ? SSL_get_error(ssl_.get(), static_cast<int>(written)) : SSL_ERROR_SYSCALL;
        if (why == SSL_ERROR_WANT_READ)
            return;
        if (why == SSL_ERROR_WANT_WRITE || errno == EAGAIN || errno == EWOULDBLOCK)
            return writable_->add();
        return fail(Outcome::connection_lost, take_tls_error(std::strerror(errno)));
    }
}

void Connection::read()
{
    std::uint8_t buffer[kReadBytes];
    // Others have their turn as well, however much a server sends.
    for (int reads = 0; stage_ == Stage::ready; ++reads) {
        if (reads == kReadsMost)
            return readable_->activate(EV_READ);
        ERR_clear_error();
        errno = 0;
        const ssize_t size =
            ssl_ ? SSL_read(ssl_.get(), buffer, sizeof buffer) : recv(fd_.get(), buffer, sizeof buffer, 0);
        if (size > 0) {
            count();
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
        if (why == SSL_ERROR_ZERO_RETURN || ended_without_word() || errno == 0)
            return fail(Outcome::connection_lost, input_.empty() ? "the server ended the connection"
                                                                 : "the server ended the connection within its answer");
        return fail(Outcome::connection_lost, take_tls_error(std::strerror(errno)));
    }
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
        return exchange.fail(Outcome::http_failed, "the answer was broken off, or larger than answer_size", status);
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

void Connection::fail(Outcome outcome, const std::string &reason)
{
    const auto waiting = std::move(waiting_);
    waiting_.clear();
    stage_ = Stage::closing;
    for (const Waiting &one : waiting)
        one.exchange->fail(outcome, reason);
    close_in_order();
}

void Connection::finish()
{
    if (stage_ == Stage::ready && http_) {
        http_->finish();
        write();
    }
    if (stage_ == Stage::closing || stage_ == Stage::over)
        return;
    if (stage_ == Stage::ready && ssl_) {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
    }
    stage_ = Stage::closing;
    close_in_order();
}

void Connection::close_in_order()
{
    if (!phases_.connect)
        return end();
    shutdown(fd_.get(), SHUT_WR);
    closing_since_ = shared_.now();
    timer_.add_after(0);
}

// Waits for the other side's end, so that its last segments are counted.
void Connection::watch_end()
{
    std::uint8_t rest[kReadBytes];
    ssize_t size;
    int reads = 0;
    while ((size = recv(fd_.get(), rest, sizeof rest, 0)) > 0 && ++reads < kReadsAtEndMost) {
    }
    const auto bytes = read_stream_bytes(fd_.get(), server_.ip.family, phases_.connect.has_value());
    const bool broken = size < 0 && errno != EAGAIN && errno != EWOULDBLOCK;
    if (!bytes || bytes->closed || broken || shared_.now() - closing_since_ > kEndMost)
        return end();
    if (size == 0)
        readable_->cancel();
    timer_.add_after(2 * kMillisecond);
}

bool Connection::usable() const
{
    return stage_ == Stage::connecting || stage_ == Stage::securing ||
           (stage_ == Stage::ready && (!http_ || http_->takes_queries()));
}

void Connection::abandon()
{
    if (stage_ != Stage::over)
        end();
}

void Connection::end()
{
    count();
    stage_ = Stage::over;
    readable_.reset();
    writable_.reset();
    timer_.cancel();
    ssl_.reset();
    fd_.reset();
    over_(*this);
}

void Connection::count()
{
    if (!fd_)
        return;
    const auto bytes = read_stream_bytes(fd_.get(), server_.ip.family, phases_.connect.has_value());
    if (!bytes)
        return;
    shared_.host.count(&shared_.host, bytes->sent - std::min(bytes->sent, counted_.sent),
                       bytes->received - std::min(bytes->received, counted_.received));
    counted_ = *bytes;
}

const char *Connection::waiting_for() const
{
    switch (stage_) {
    case Stage::connecting:
        return "no connection within the timeout";
    case Stage::securing:
        return "TLS was not set up within the timeout";
    default:
        return "";
    }
}

std::string Connection::tls_name() const
{
    return shared_.settings.tls_name.value_or(plugin::text_of(server_.ip));
}

std::string Connection::authority() const
{
    const bool bracketed = !shared_.settings.tls_name && server_.ip.family == 6;
    const std::uint16_t port = shared_.settings.port_of(transport_);
    return (bracketed ? "[" + tls_name() + "]" : tls_name()) + (port == 443 ? "" : ":" + std::to_string(port));
}

} // namespace sonde::dns
