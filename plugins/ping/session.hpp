#pragma once

#include "clock_watch.hpp"
#include "endpoint.hpp"
#include "ledger.hpp"
#include "report.hpp"
#include "schedule.hpp"
#include "settings.hpp"

#include <sonde/event.hpp>
#include <sonde/plugin.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

namespace sonde::ping {

// One run: an event loop around the sockets, the schedule and the ledger.
class Session {
public:
    // Opens the sockets. Throws Failure{kNoSocket} if no target can be reached by any.
    Session(const sonde_host &host, const Settings &settings, std::vector<Target> targets);
    // Sends, waits, writes all rows; returns when done or cancelled. Throws Failure{kNothingSent},
    // Failure{kNoAnswer}, Stopped.
    void run();

private:
    void open_endpoints();
    std::vector<std::uint8_t> make_payload() const;
    void make_schedule();
    void watch(int fd);
    void on_event();
    void turn();
    void take_in();
    void take_in(std::uint32_t family, Endpoint &from);
    bool send_due();
    void send_batch(Endpoint &to, std::size_t count, std::int64_t now);
    void refused(const Packet &packet, const char *error);
    void record(const Verdict &verdict);
    void count_bytes();
    void finish();
    void arm(std::int64_t monotonic_ns);

    std::uint32_t interval_at(std::int64_t monotonic_ns) const;
    Packet packet_of(const Schedule::Item &item, std::int64_t now) const;
    bool all_sent() const { return ready_.empty() && schedule_->left() == 0; }
    const sonde_ip &address_of(const Schedule::Item &item) const { return targets_[item.target].address; }
    std::int64_t monotonic() const { return host_.now(&host_, SONDE_CLOCK_MONOTONIC); }

    const sonde_host &host_;
    Settings settings_;
    std::vector<Target> targets_;
    Format format_;
    std::array<std::unique_ptr<Endpoint>, 2> endpoints_; // IPv4's, IPv6's
    std::optional<Schedule> schedule_;
    std::deque<Schedule::Item> ready_; // due, and not yet dealt with
    std::unique_ptr<Ledger> ledger_;
    std::optional<Report> report_;
    std::vector<Endpoint::Received> received_;
    std::vector<Endpoint::Request> requests_;

    plugin::EventBase base_;
    std::vector<std::unique_ptr<plugin::Event>> events_;
    sonde::plugin::Fd timer_;
    ClockWatch clock_watch_;
    std::exception_ptr thrown_; // in a callback: libevent's frames must not be unwound

    std::int64_t start_ = 0;      // CLOCK_MONOTONIC ns
    std::int64_t wall_ahead_ = 0; // CLOCK_REALTIME less CLOCK_MONOTONIC, when the batch was sent
    bool buffer_full_ = false;
    std::int64_t last_taken_ = 0;      // monotonic: when nothing waited to be sent, or the kernel took some of it
    std::uint64_t received_bytes_ = 0; // not yet told to the host
};

} // namespace sonde::ping
