#include "link.hpp"

#include "interface.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <linux/tcp.h>
#include <netinet/in.h>

namespace sonde::http_download {
namespace {

// `tls`: what comes next on the connection.
int word_for(int connect_error, bool tls)
{
    switch (connect_error) {
    case ECONNREFUSED:
        return kConnectRefused;
    case ECONNRESET:
    case EPIPE:
        // It stood, and was reset before anybody looked, as it could have been a moment later: a refused SYN is told
        // apart.
        return tls ? kTlsFailed : kConnectionLost;
    default:
        return kConnectFailed;
    }
}

} // namespace

Link::Link(Shared &shared, Purpose purpose, const std::optional<sonde_ip> &first, Step on_tls, Step on_ready,
           OnFailed on_failed)
    : shared_(shared), purpose_(purpose), on_tls_(std::move(on_tls)), on_ready_(std::move(on_ready)),
      on_failed_(std::move(on_failed))
{
    std::vector<sonde_ip> addresses = shared_.addresses;
    if (first)
        std::stable_partition(addresses.begin(), addresses.end(),
                              [&first](const sonde_ip &ip) { return plugin::same_address(ip, *first); });
    connector_ = std::make_unique<Connector>(
        shared_.host, shared_.base, std::move(addresses), shared_.settings,
        [this](Connector::Connected connection) { connected(std::move(connection)); },
        [this](Connector::Failed failed) {
            const auto report = std::move(on_failed_);
            report({word_for(failed.error, shared_.tls != nullptr), std::move(failed.text)});
        },
        [this](plugin::Fd fd, const sonde_ip &address) {
            shared_.closing.add(std::move(fd), address.family, {}, false, false);
        });
}

void Link::connected(Connector::Connected connection)
{
    connector_.reset();
    connect_time_ = connection.duration;
    address_ = connection.address;
    transport_ = Transport(std::move(connection.fd));
    local_ = plugin::local_endpoint(transport_.fd());
    const auto figures =
        read_tcp_figures(transport_.fd(), address_.family, shared_.settings.direction, transport_.broken());
    if (!figures) {
        const auto report = std::move(on_failed_);
        return report({kNoSocket, "the kernel does not tell what a connection carries, so no limit could be kept"});
    }
    handshake_rtt_ = figures->least_round_trip; // the SYN is all that was acknowledged yet
    phase_begun_ = shared_.now();
    if (shared_.tls) {
        transport_.add_tls(*shared_.tls, shared_.settings.url.host);
        on_tls_();
        return handshake();
    }
    const auto report = std::move(on_ready_);
    report();
}

void Link::handshake()
{
    const IoResult result = transport_.handshake();
    switch (result.io) {
    case Io::want_read:
        return wait_for(EV_READ, [this] { handshake(); });
    case Io::want_write:
        return wait_for(EV_WRITE, [this] { handshake(); });
    case Io::end:
    case Io::error:
        return fail_handshake();
    case Io::ok:
        break;
    }
    tls_time_ = shared_.now() - phase_begun_;
    const auto report = std::move(on_ready_);
    report();
}

void Link::fail_handshake()
{
    const auto report = std::move(on_failed_);
    if (transport_.certificate_rejected())
        report({kCertificateRejected, "the server's certificate was not accepted: " + transport_.complaint()});
    else
        report({kTlsFailed, "TLS could not be set up: " + printable(transport_.complaint())});
}

std::string Link::congestion_control() const
{
    char name[16] = {};
    socklen_t length = sizeof name;
    if (getsockopt(transport_.fd(), IPPROTO_TCP, TCP_CONGESTION, name, &length) != 0)
        return {};
    return {name, strnlen(name, sizeof name)};
}

std::string Link::interface() const
{
    const std::string &chosen = shared_.settings.interface_name;
    return chosen.empty() ? interface_of(transport_.fd()) : chosen;
}

std::optional<std::int64_t> Link::buffer(int option) const
{
    int size = 0;
    socklen_t length = sizeof size;
    if (!transport_.is_open() || getsockopt(transport_.fd(), SOL_SOCKET, option, &size, &length) != 0)
        return std::nullopt;
    return size;
}

void Link::wait_for(short what, Step step)
{
    waiting_ = std::make_unique<plugin::Event>(shared_.base, transport_.fd(), what, std::move(step));
    waiting_->add();
    if (transport_.holds_data())
        waiting_->activate(EV_READ);
}

// What is activated within a callback has its turn before libevent looks at any timer again, and at any other socket.
void Link::wake()
{
    if (!again_)
        again_ = std::make_unique<plugin::Event>(shared_.base, -1, EV_TIMEOUT, [this] { waiting_->activate(EV_READ); });
    again_->add_after(0);
}

std::optional<TcpFigures> Link::look()
{
    if (!transport_.is_open())
        return std::nullopt;
    const auto figures =
        read_tcp_figures(transport_.fd(), address_.family, shared_.settings.direction, transport_.broken());
    if (!figures)
        return std::nullopt;
    account(shared_.meter, *figures, seen_, purpose_ == Purpose::transfer);
    return figures;
}

void Link::close()
{
    connector_.reset();
    again_.reset();
    waiting_.reset();
    if (!transport_.is_open())
        return;
    const bool broken = transport_.broken();
    shared_.closing.add(transport_.release(), address_.family, seen_, purpose_ == Purpose::transfer, broken);
}

const char *Link::waiting_for() const
{
    if (connector_)
        return "no connection within the timeout";
    if (shared_.tls && !tls_time_)
        return "TLS was not set up within the timeout";
    return nullptr;
}

std::string printable(std::string_view text)
{
    std::string clean(text.substr(0, 200));
    std::replace_if(
        clean.begin(), clean.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
    return clean;
}

} // namespace sonde::http_download
