#pragma once

#include "message.hpp"
#include "stamps.hpp"
#include "tally.hpp"

#include <sonde/event.hpp>
#include <sonde/plugin.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sonde::dns {

// Which query it is.
struct Asked {
    std::uint64_t number = 0; // of the transmission within the run, from 1
    std::size_t server = 0;
    std::size_t name = 0;
    std::uint32_t try_number = 1;
};

// What a row tells.
struct Observation {
    Outcome outcome = Outcome::timeout;
    std::optional<std::int64_t> received; // CLOCK_REALTIME ns
    std::optional<std::int64_t> response_time;
    std::optional<sonde_ip> from;
    std::optional<std::size_t> size;
    std::optional<Answer> answer;
    std::optional<IcmpError> icmp;
    std::string reason;
};

/*
 * One query on a socket of its own: sent once, then watched until it is answered or its time is over, and for `linger`
 * after that, for what comes late or twice.
 */
class Transmission {
public:
    // Called from the event loop; neither may destroy the transmission.
    struct Listener {
        std::function<void(Transmission &, const Observation &)> observed; // a row
        std::function<void(Transmission &)> decided;                       // once
        std::function<void(Transmission &)> over;                          // once: nothing more will come
    };

    Transmission(const sonde_host &host, event_base &base, const Settings &settings, const Listener &listener,
                 const Asked &asked, Query query, plugin::Fd fd);

    // Sends, unless there was an `error` (errno) before. What goes wrong comes to the listener, from the event loop.
    void send(int error);
    // The run ends: what is undecided is told as it stands.
    void stop();

    // What was decided is an answer, whole or truncated.
    bool answered() const { return answered_; }
    const Asked &asked() const { return asked_; }
    std::uint16_t query_id() const;
    std::optional<std::uint16_t> source_port() const;
    std::size_t sent_bytes() const { return query_.wire.size(); }
    std::optional<std::int64_t> queued() const { return queued_; } // before the local queue
    std::optional<std::int64_t> sent() const { return sent_; }     // at the driver, after it

private:
    enum class Stage { waiting, timed_out, settled, over };

    void readable();
    void drain_errors();
    void take(const Datagram &datagram, Octets octets);
    void take_answer(const Datagram &datagram, Octets octets);
    void take_stray(const Datagram &datagram, const char *reason);
    void take_error(const IcmpError &error);
    void time_over();
    void settle(Observation observation);
    void leave();
    Observation observe(const Datagram &datagram, Outcome outcome) const;
    void note_response_time(Observation &observation) const;
    const sonde_ip &server() const { return settings_.servers[asked_.server]; }
    std::uint64_t ip_headers() const { return server().family == 4 ? 28 : 48; }

    const sonde_host &host_;
    const Settings &settings_;
    const Listener &listener_;
    const Asked asked_;
    Query query_;
    plugin::Fd fd_;
    plugin::Event readable_;
    plugin::Event timer_;
    Stage stage_ = Stage::waiting;
    std::int64_t clock_offset_ = 0;
    std::optional<std::int64_t> queued_;
    std::optional<std::int64_t> sent_;
    bool answered_ = false;
    int send_error_ = 0;
    int strays_ = 0;
};

} // namespace sonde::dns
