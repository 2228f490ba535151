#include "connector.hpp"

#include "address.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sonde::http_download {
namespace {

constexpr std::int64_t kAttemptDelay = 250'000'000; // ns

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72 // Linux 5.14
#endif

// The largest window that Linux lets grow by itself (tcp_rmem), and then some.
constexpr std::uint64_t kWindowMax = 32 * 1024 * 1024;

/*
 * A host may have set a receive buffer on the socket, and a set one never grows: take it as the start alone, or the
 * window, not the line, would limit the rate. It stays set, or is made smaller, if windows could take a good part of
 * what the run may cost: once a window is offered, nobody can hinder the sender from filling it.
 */
void fit_receive_buffer(int fd, const Settings &settings)
{
    const std::uint64_t share = settings.limit / settings.streams;
    if (share >= 4 * kWindowMax) {
        const int none = 0;
        setsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &none, sizeof none);
        return;
    }
    int size = 0; // twice what was set
    socklen_t length = sizeof size;
    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length);
    const int wanted = static_cast<int>(std::max<std::uint64_t>(share / 8, 32 * 1024));
    if (wanted < size / 2)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted);
}

} // namespace

Connector::Connector(const sonde_host &host, event_base &base, std::vector<sonde_ip> addresses,
                     const Settings &settings, OnConnected on_connected, OnFailed on_failed)
    : host_(host), base_(base), addresses_(std::move(addresses)), settings_(settings),
      on_connected_(std::move(on_connected)), on_failed_(std::move(on_failed)),
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
    if (attempts_.empty()) {
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
    fit_receive_buffer(fd, settings_);
    const SocketAddress to = socket_address(attempt.address, settings_.url.port);
    attempt.begun = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    if (connect(fd, to.get(), to.length) != 0 && errno != EINPROGRESS) {
        note_failure(attempt.address, errno);
        return false;
    }
    attempt.event = std::make_unique<Event>(base_, fd, EV_WRITE, [this, &attempt] { settle(&attempt); });
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
        attempt->event.reset();
        Connected connected{std::move(attempt->fd), attempt->address, now - attempt->begun};
        const auto report = std::move(on_connected_);
        attempts_.clear();
        report(std::move(connected));
        return;
    }
    note_failure(attempt->address, error);
    std::erase_if(attempts_, [attempt](const auto &pending) { return pending.get() == attempt; });
    if (next_ < addresses_.size() || attempts_.empty())
        try_next();
}

void Connector::note_failure(const sonde_ip &address, int error)
{
    failed_ = {error, text_of(address, settings_.url.port) + ": " + std::strerror(error)};
}

} // namespace sonde::http_download
