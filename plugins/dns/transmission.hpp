#pragma once

#include "attempt.hpp"
#include "drops.hpp"
#include "route.hpp"

#include <sonde/event.hpp>
#include <sonde/plugin.hpp>

#include <memory>
#include <optional>
#include <string>

namespace sonde::dns {

/*
 * One query on a socket of its own: sent once, then watched until it is answered or its time is over, and for `linger`
 * after that, for what comes late or twice.
 */
class Transmission {
public:
    // What it is about: everything outlives it.
    struct Context {
        const sonde_host &host;
        event_base &base;
        const Settings &settings;
        const Listener &listener;
        const Server &server;
        Route route; // when it was made
        Drops &drops;
        bool &driver_stamps; // on the way to this server: seen
    };

    Transmission(const Context &context, Attempt attempt, plugin::Fd fd);

    // Sends, unless there was an `error` (errno) before. What goes wrong comes to the listener, from the event loop.
    void send(int error);
    // The run ends: what is undecided is told as it stands.
    void stop();

private:
    enum class Stage { waiting, timed_out, settled, over };

    bool readable();
    void read_all();
    void drain_errors();
    void note_stamp(const SendStamp &stamp);
    void take(const Datagram &datagram, Octets octets);
    void take_answer(const Datagram &datagram, Octets octets);
    void take_second(Observation observation);
    void take_stray(const Datagram &datagram, const char *reason);
    void take_error(const IcmpError &error);
    void time_over();
    void settle(Observation observation);
    void leave();
    Observation unanswered();
    void count_query();
    Observation observe(const Datagram &datagram, Outcome outcome) const;
    void note_response_time(Observation &observation) const;
    plugin::Endpoint asked_endpoint() const;
    std::uint64_t line_bytes(std::size_t payload) const;

    const Context context_;
    Attempt attempt_;
    plugin::Fd fd_;
    plugin::Event readable_;
    plugin::Event timer_;
    Stage stage_ = Stage::waiting;
    std::int64_t clock_offset_ = 0;
    std::optional<std::string> content_; // of the answer that came first
    int send_error_ = 0;
    int strays_ = 0;
    Drops::Look drops_seen_;
    bool counted_ = false; // the query's bytes
};

} // namespace sonde::dns
