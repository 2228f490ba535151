#include "connector.hpp"

#include <sonde/address.hpp>

#include <linux/tcp.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sonde::http_download {
namespace {

constexpr std::int64_t kAttemptDelay = 250'000'000; // ns

// What net.core.rmem_max has been in most kernels: no method gets more by asking, and what was asked for grows no more.
constexpr std::uint64_t kGrantedBytes = 212'992;

/*
 * A receive buffer that nobody sets grows as the kernel sees fit. It is bounded only where windows could take a good
 * part of a small budget: once a window is offered, nobody can hinder the sender from filling it.
 */
void bound_receive_buffer(int fd, const Settings &settings)
{
    if (settings.direction == Direction::up)
        return; // what comes is a few words
    const std::uint64_t share = std::max<std::uint64_t>(settings.limit / settings.most_streams() / 8, 32 * 1024);
    if (share >= kGrantedBytes)
        return;
    const int bytes = static_cast<int>(share);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

// The families take turns, the first address's own first (RFC 8305 section 4): however many addresses a broken family
// has, the other one is tried next.
std::vector<sonde_ip> interleave(std::vector<sonde_ip> addresses)
{
    std::vector<sonde_ip> turns;
    while (!addresses.empty()) {
        const auto other = [&](const sonde_ip &ip) { return turns.empty() || ip.family != turns.back().family; };
        auto next = std::find_if(addresses.begin(), addresses.end(), other);
        if (next == addresses.end())
            next = addresses.begin();
        turns.push_back(*next);
        addresses.erase(next);
    }
    return turns;
}

} // namespace

Connector::Connector(const sonde_host &host, event_base &base, std::vector<sonde_ip> addresses,
                     const Settings &settings, OnConnected on_connected, OnFailed on_failed, OnGivenUp on_given_up)
    : host_(host), base_(base), addresses_(interleave(std::move(addresses))), settings_(settings),
      on_connected_(std::move(on_connected)), on_failed_(std::move(on_failed)), on_given_up_(std::move(on_given_up)),
      timer_(base, -1, EV_TIMEOUT, [this] { try_next(); })
{
    timer_.add_after(0);
}

void Connector::try_next()
{
    while (next_ < addresses_.size()) {
        auto attempt = std::make_unique<Attempt>();
        attempt->address = addresses_[next_++];
        if (!begin(*attempt))
            continue;
        attempts_.push_back(std::move(attempt));
        if (next_ < addresses_.size())
            timer_.add_after(kAttemptDelay);
        return;
    }
    // The host opens nothing for a run that is to end; who waits for that says what becomes of the streams.
    if (attempts_.empty() && failed_.error != ECANCELED) {
        const auto report = std::move(on_failed_);
        report(std::move(failed_));
    }
}

bool Connector::begin(Attempt &attempt)
{
    std::int32_t fd = -1;
    if (const int error = host_.socket(&host_, SONDE_SOCKET_TCP, attempt.address.family, 1, &fd); error != 0) {
        note_failure(attempt.address, error);
        return false;
    }
    attempt.fd.reset(fd);
    bound_receive_buffer(fd, settings_);
    // Otherwise a request waits until the end of the TLS handshake is acknowledged, which a server puts off for 40 ms.
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const plugin::SocketAddress to = plugin::socket_address(attempt.address, settings_.url.port);
    attempt.begun = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    if (connect(fd, to.get(), to.length) != 0 && errno != EINPROGRESS) {
        note_failure(attempt.address, errno);
        on_given_up_(std::move(attempt.fd), attempt.address); // a neighbour on this very machine has refused already
        return false;
    }
    attempt.event = std::make_unique<plugin::Event>(base_, fd, EV_WRITE, [this, &attempt] { settle(&attempt); });
    attempt.event->add();
    return true;
}

void Connector::settle(Attempt *attempt)
{
    const std::int64_t now = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(attempt->fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        error = errno;
    if (error == 0) {
        Connected connected{std::move(attempt->fd), attempt->address, now - attempt->begun};
        const auto report = std::move(on_connected_);
        std::erase_if(attempts_, [attempt](const auto &pending) { return pending.get() == attempt; });
        give_up_all();
        report(std::move(connected));
        return;
    }
    note_failure(attempt->address, error);
    attempt->event.reset();
    on_given_up_(std::move(attempt->fd), attempt->address);
    std::erase_if(attempts_, [attempt](const auto &pending) { return pending.get() == attempt; });
    if (next_ < addresses_.size() || attempts_.empty())
        try_next();
}

void Connector::give_up_all()
{
    for (const auto &attempt : attempts_) {
        attempt->event.reset();
        on_given_up_(std::move(attempt->fd), attempt->address);
    }
    attempts_.clear();
}

void Connector::note_failure(const sonde_ip &address, int error)
{
    failed_ = {error, plugin::text_of(plugin::Endpoint{address, settings_.url.port}) + ": " + std::strerror(error)};
}

} // namespace sonde::http_download
