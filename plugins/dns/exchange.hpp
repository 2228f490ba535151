#pragma once

#include "attempt.hpp"
#include "connection.hpp"

#include <sonde/event.hpp>

#include <optional>
#include <string>

namespace sonde::dns {

/*
 * One query over a connection, from then on until it is answered or its time is over. Its times are those of this
 * program: when it handed the query to the kernel, and when it had read all of the answer.
 */
class Exchange {
public:
    // Everything outlives it but the connection, which calls `gone` when it ends first.
    Exchange(Connecting &shared, const Listener &listener, const Server &server, Attempt attempt);

    // `carried`: what the connection is to this query; `made`: for it, so that what that took is in its row.
    void begin(Connection &connection, Reuse carried, bool made);
    // Could not begin: errno.
    void refuse(int error);
    // The run ends: what is undecided is told as it stands.
    void stop();

    const Attempt &attempt() const { return attempt_; }
    Octets query() const { return attempt_.query.wire; }
    Connection *connection() const { return connection_; }

    // For the connection.
    void sending();
    void take_answer(Octets message, std::optional<int> http_status);
    void take_stray(std::size_t size, const char *reason);
    void fail(Outcome outcome, const std::string &reason, std::optional<int> http_status = std::nullopt);

private:
    void note_phases();
    void time_over();
    void settle(Observation observation);

    Connecting &shared_;
    const Listener &listener_;
    const Server &server_;
    Attempt attempt_;
    Connection *connection_ = nullptr;
    plugin::Event timer_;
    std::int64_t sent_ = 0; // CLOCK_MONOTONIC ns; 0: not yet
    int error_ = 0;
    int strays_ = 0;
    bool made_ = false;
    bool settled_ = false;
};

} // namespace sonde::dns
