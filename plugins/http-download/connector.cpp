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

// A host may have set a receive buffer on the socket, and a set one never grows: take it as the start alone, or the
// window, not the line, would limit the rate.
void let_receive_buffer_grow(int fd) {
    const int none = 0;
    setsockopt(fd, SOL_SOCKET, SO_BUF_LOCK, &none, sizeof none);
}

} // namespace

Connector::Connector(const sonde_host &host, event_base &base, std::vector<sonde_ip> addresses, std::uint16_t port,
                     OnConnected on_connected, OnFailed on_failed)
    : host_(host), base_(base), addresses_(std::move(addresses)), port_(port), on_connected_(std::move(on_connected)),
      on_failed_(std::move(on_failed)), timer_(base, -1, EV_TIMEOUT, [this] { try_next(); }) {
    timer_.add_after(0);
}

void Connector::try_next() {
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

bool Connector::begin(Attempt &attempt) {
    std::int32_t fd = -1;
    if (const int error = host_.socket(&host_, SONDE_SOCKET_TCP, attempt.address.family, 1, &fd); error != 0) {
        note_failure(attempt.address, error);
        return false;
    }
    attempt.fd.reset(fd);
    let_receive_buffer_grow(fd);
    const SocketAddress to = socket_address(attempt.address, port_);
    attempt.begun = host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    if (connect(fd, to.get(), to.length) != 0 && errno != EINPROGRESS) {
        note_failure(attempt.address, errno);
        return false;
    }
    attempt.event = std::make_unique<Event>(base_, fd, EV_WRITE, [this, &attempt] { settle(&attempt); });
    attempt.event->add();
    return true;
}

void Connector::settle(Attempt *attempt) {
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

void Connector::note_failure(const sonde_ip &address, int error) {
    failed_ = {error, text_of(address, port_) + ": " + std::strerror(error)};
}

} // namespace sonde::http_download
