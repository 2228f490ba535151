#include "connection.hpp"

#include "exchange.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <linux/tcp.h>
#include <netinet/in.h>

namespace sonde::dns {
namespace {

// Of a TCP connection that could not be made.
Outcome outcome_of_connect(int error)
{
    return error == ECONNREFUSED ? Outcome::connect_refused : Outcome::connect_failed;
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
          else
              read();
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
    const bool reset = error == ECONNRESET || error == EPIPE;
    if (error != 0 && !reset)
        return fail(outcome_of_connect(error), std::strerror(error));
    phases_.connect = shared_.now() - phases_.begun;
    if (reset)
        return fail(transport_ == Transport::tcp ? Outcome::connection_lost : Outcome::tls_failed,
                    std::strerror(error));
    phases_.local = plugin::local_endpoint(fd_.get());
    phases_.socket = traits_of(fd_.get());
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
    clear_tls_errors();
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
        return fail(Outcome::tls_failed, tls_ended_without_word() ? system : take_tls_error(system));
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
        clear_tls_errors();
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
    const auto now = bytes();
    if (!now)
        return;
    shared_.host.count(&shared_.host, now->sent - std::min(now->sent, counted_.sent),
                       now->received - std::min(now->received, counted_.received));
    counted_ = *now;
}

std::optional<StreamBytes> Connection::bytes() const
{
    const std::uint64_t read = plain_read_ + (ssl_ ? BIO_number_read(SSL_get_rbio(ssl_.get())) : 0);
    return read_stream_bytes(fd_.get(), server_.ip.family, phases_.connect.has_value(), read);
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
