#pragma once

#include "account.hpp"
#include "connection.hpp"
#include "connections.hpp"
#include "drops.hpp"
#include "exchange.hpp"
#include "plan.hpp"
#include "route.hpp"
#include "socket_pool.hpp"
#include "templates.hpp"
#include "transmission.hpp"

#include <sonde/event.hpp>
#include <sonde/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <variant>
#include <vector>

namespace sonde::dns {

/*
 * One run with a time for each query: what is planned, again when a try has timed out, over TCP when an answer was
 * truncated. Rows go out as things are decided.
 */
class Session {
public:
    // Throws plugin::Failure if a name is none.
    Session(const sonde_host &host, const Settings &settings, const std::vector<Server> &servers);

    // Blocks until all is decided or the run is cancelled.
    void run();

    const Account &account() const { return account_; }
    const std::vector<Question> &questions() const { return plan_.questions(); }
    bool cancelled() const { return cancelled_; }

private:
    using Ongoing = std::variant<std::unique_ptr<Transmission>, std::unique_ptr<Exchange>>;

    void wait_for_receive_stamps();
    void pace();
    std::int64_t due_next();
    void ask(Asked asked);
    void ask_in_a_datagram(Attempt attempt);
    void ask_over_a_connection(Attempt attempt);
    void decided(const Attempt &attempt, const Observation &observation);
    void observed(const Attempt &attempt, const Observation &observation);
    void note(const Attempt &attempt, const Observation &observation);
    void bury();

    const sonde_host &host_;
    const Settings &settings_;
    const std::vector<Server> &servers_;
    const Random random_;
    const Plan plan_;
    Templates templates_;
    plugin::EventBase base_;
    Connecting connecting_;
    Connections connections_;
    Listener listener_;
    SocketPool pool_;
    plugin::Fd keeper_;         // as long as one stamping socket is open, receive stamping stays on
    std::vector<Route> routes_; // by server
    Drops drops_;
    std::unique_ptr<bool[]> driver_stamps_; // by server: seen
    std::vector<bool> was_asked_;           // by server
    Account account_;
    std::map<std::uint64_t, Ongoing> open_; // by number
    std::vector<Ongoing> over_;             // to be destroyed outside their own callbacks
    std::unique_ptr<plugin::Event> pacer_;
    std::unique_ptr<plugin::Event> burial_;
    std::size_t open_max_ = 0;
    std::uint64_t next_planned_ = 0;
    std::uint64_t next_number_ = 1;
    std::int64_t begun_ = 0;
    std::int64_t due_ = 0; // of the next query, CLOCK_MONOTONIC ns
    bool cancelled_ = false;
};

} // namespace sonde::dns
