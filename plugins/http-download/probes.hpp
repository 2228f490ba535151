#pragma once

#include "head.hpp"
#include "link.hpp"
#include "round_trips.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace sonde::http_download {

// One round trip on a connection of its own. Durations in ns; absent: it did not get so far.
struct ProbeReport {
    State state = State::idle;
    std::int64_t begun = 0; // CLOCK_MONOTONIC
    std::optional<sonde_ip> address;
    std::optional<std::int64_t> tcp;
    std::optional<std::int64_t> tls;
    std::optional<std::int64_t> http;
    StreamEnd end;
};

// Connects, sets up TLS, asks for the head of what the run transfers, and ends.
class Probe {
public:
    // `on_end` is called once, from the event loop, and may destroy the probe.
    Probe(Shared &shared, State state, std::function<void(const ProbeReport &)> on_end);

private:
    void connected();
    void send_request();
    void readable();
    void end(StreamEnd how);

    Shared &shared_;
    std::function<void(const ProbeReport &)> on_end_;
    ProbeReport report_;
    plugin::Event patience_;
    std::string unsent_;
    std::int64_t request_begun_ = 0;
    HeadReader head_;
    std::unique_ptr<Link> link_;
};

/*
 * The round trips of a run: some before the transfer, one after the other, and one each 100 ms while it runs, whether
 * those before have ended or not, so that slow ones are not fewer than quick ones. Sends no more than a twentieth of
 * what the run does.
 */
class Probes {
public:
    Probes(Shared &shared, std::function<void(const ProbeReport &)> on_probe);

    // Calls `then` when the idle line was seen, or the first of its probes has failed.
    void measure_idle(std::function<void()> then);
    // To be called each 100 ms of the transfer. `counts`: the warm-up is over.
    void tick(bool counts);
    // A round trip as a connection that carries the load sees it.
    void add_loaded(std::int64_t ns) { trips_.add(State::loaded, Kind::loaded_connection, ns); }
    // Those that have run for so long that they are slow count as failed; nobody knows of the others.
    void stop();

    const RoundTrips &trips() const { return trips_; }

private:
    void begin(State state, bool counts, std::function<void(bool)> then);
    void note(const ProbeReport &report);

    Shared &shared_;
    std::function<void(const ProbeReport &)> on_probe_;
    RoundTrips trips_;
    struct Running {
        std::unique_ptr<Probe> probe;
        std::int64_t begun; // CLOCK_MONOTONIC
        bool counts;
        State state;
    };
    std::vector<Running> running_;
    std::uint64_t begun_ = 0; // under load
    int idle_left_;
};

} // namespace sonde::http_download
