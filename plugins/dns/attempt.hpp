#pragma once

#include "answer.hpp"
#include "question.hpp"
#include "settings.hpp"
#include "socket_traits.hpp"
#include "stamps.hpp"
#include "tally.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace sonde::dns {

// Which query it is.
struct Asked {
    std::uint64_t number = 0; // of the transmission within the run, from 1
    std::size_t server = 0;
    std::size_t question = 0;
    std::uint32_t try_number = 1;
    Transport transport = Transport::udp;
    Reuse reuse = Reuse::cold;
    std::optional<std::uint64_t> follows; // the transmission whose answer made this one necessary
};

// One transmission, as far as it is known. Stamps are CLOCK_REALTIME ns, durations ns.
struct Attempt {
    Asked asked;
    bool first = false; // of the run to its server
    Query query;
    std::optional<sonde_ip> source;
    std::optional<std::uint16_t> source_port;
    std::optional<std::int64_t> queued; // before the local queue
    std::optional<std::int64_t> sent;   // at the driver, after it; over a connection, when it was handed to the kernel
    std::optional<std::int64_t> local_queue; // queued to sent; nothing if the clock was set in between

    std::optional<SocketTraits> socket; // nothing: it never had one

    // Over a connection.
    std::optional<Reuse> connection; // what it really was; nothing: it was never made
    std::optional<std::int64_t> connect_time;
    std::optional<std::int64_t> tls_time;
    const char *tls_version = nullptr;
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
    std::optional<int> http_status;
    std::string reason;
};

// What the sender of queries makes of a transmission.
struct Listener {
    // A row. Called from the event loop, as are the others; none may destroy the transmission.
    std::function<void(const Attempt &, const Observation &)> observed;
    // Once: whether it is answered, or has to be tried again.
    std::function<void(const Attempt &, const Observation &)> decided;
    // Once: nothing more will come.
    std::function<void(const Attempt &)> over;
};

// It comes beside a transmission's own row.
inline bool is_beside(Outcome outcome)
{
    return outcome == Outcome::mismatch || outcome == Outcome::second_answer || outcome == Outcome::differing_answer;
}

inline bool is_answered(Outcome outcome)
{
    return outcome == Outcome::answer || outcome == Outcome::truncated;
}

} // namespace sonde::dns
