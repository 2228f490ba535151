#pragma once

#include "endpoint.hpp"
#include "ledger.hpp"
#include "summary.hpp"
#include "tables.hpp"

#include <sonde/event.hpp>
#include <sonde/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

namespace sonde::ping {

// The method's ways to fail.
enum Failing : std::int32_t {
    kNoSuchHost = 1,
    kNoSocket = 2,
    kNothingSent = 3,
    kUnexpected = 4,
    kNoAnswer = 5,
};

struct Plan {
    std::vector<Target> targets;
    std::uint32_t count = 0;
    std::chrono::nanoseconds interval{};
    std::chrono::nanoseconds tmax{};
    std::size_t payload_bytes = 0;
    int dscp = 0;
    int ttl = 0;
};

// One run: an event loop around the sockets, the schedule and the ledger.
class Session {
public:
    // Opens the sockets. Throws Failure{kNoSocket} if no target can be reached by any.
    Session(const sonde_host &host, Plan plan);
    // Sends, waits, writes all rows; returns when done or cancelled. Throws Failure{kNothingSent},
    // Failure{kNoAnswer}, Stopped.
    void run();

private:
    void open_endpoints();
    void watch(int fd);
    void on_event();
    void turn();
    void take_in(std::int64_t now);
    void send_due(std::int64_t now);
    void send_batch(std::uint32_t family, std::int64_t now, std::vector<std::uint64_t> items);
    void record(const Verdict &verdict);
    void finish();
    void arm(std::int64_t monotonic_ns);

    std::uint64_t total() const { return order_.size() * std::uint64_t{plan_.count}; }
    std::int64_t due(std::uint64_t item) const;
    const Target &target_of(std::uint64_t item) const { return plan_.targets[order_[item % order_.size()]]; }
    Packet packet_of(std::uint64_t item, std::int64_t now) const;
    std::int64_t monotonic() const { return host_.now(&host_, SONDE_CLOCK_MONOTONIC); }
    Endpoint *endpoint(std::uint32_t family) const { return endpoints_[family == 6].get(); }

    const sonde_host &host_;
    Plan plan_;
    Format format_;
    std::vector<std::uint32_t> order_; // targets by family, so that batches are long
    std::unique_ptr<Endpoint> endpoints_[2];
    std::vector<Summary> summaries_;
    std::unique_ptr<Ledger> ledger_;
    std::vector<Endpoint::Received> received_;

    plugin::EventBase base_;
    std::vector<std::unique_ptr<plugin::Event>> events_;
    sonde::plugin::Fd timer_;
    sonde::plugin::Fd clock_watch_;
    std::exception_ptr thrown_; // in a callback: libevent's frames must not be unwound

    std::int64_t start_ = 0;      // CLOCK_MONOTONIC ns
    std::uint64_t next_item_ = 0; // of total()
    bool buffer_full_ = false;
    bool finishing_ = false;
    std::uint64_t sent_bytes_ = 0, received_bytes_ = 0; // not yet told to the host
};

} // namespace sonde::ping
