#pragma once

#include "comparison.hpp"
#include "connection.hpp"
#include "exchange.hpp"
#include "socket_pool.hpp"
#include "tables.hpp"
#include "transmission.hpp"

#include <map>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace sonde::dns {

/*
 * One run with a time for each query: in each round every name is asked of every server in every way, again when a try
 * has timed out, over TCP when an answer was truncated. Rows go out as things are decided.
 */
class Session {
public:
    // Throws plugin::Failure if a name is none.
    Session(const sonde_host &host, const Settings &settings, const std::vector<Server> &servers);

    // Blocks until all is decided or the run is cancelled.
    void run();

    const Account &account() const { return account_; }
    const std::vector<Question> &questions() const { return questions_; }
    bool cancelled() const { return cancelled_; }

private:
    using Ongoing = std::variant<std::unique_ptr<Transmission>, std::unique_ptr<Exchange>>;
    struct Way {
        Transport transport;
        Reuse reuse;
    };

    void make_questions();
    void make_ways();
    void wait_for_receive_stamps();
    void pace();
    Asked planned(std::uint64_t number) const;
    std::uint64_t planned_queries() const;
    void ask(Asked asked);
    void ask_in_a_datagram(Attempt attempt);
    void ask_over_a_connection(Attempt attempt);
    Connection &connection_for(const Asked &asked, bool &reused);
    void decided(const Attempt &attempt, const Observation &observation);
    void observed(const Attempt &attempt, const Observation &observation);
    void bury();
    const Query &query_for(std::size_t server, std::size_t question);
    bool is_identity(std::size_t question) const { return question >= settings_.names.size(); }

    const sonde_host &host_;
    const Settings &settings_;
    const std::vector<Server> &servers_;
    const Random random_;
    plugin::EventBase base_;
    Connecting connecting_;
    Listener listener_;
    SocketPool pool_;
    plugin::Fd keeper_; // as long as one stamping socket is open, receive stamping stays on
    std::vector<Question> questions_;
    std::vector<Way> ways_;
    std::vector<Route> routes_;
    const Drops drops_;
    std::vector<std::vector<std::uint8_t>> cookies_; // a server's
    std::map<std::pair<std::size_t, std::size_t>, Query> queries_;
    Account account_;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::map<std::pair<std::size_t, Transport>, Connection *> kept_; // for queries to come
    std::map<std::uint64_t, Ongoing> open_;                          // by number
    std::vector<Ongoing> over_;                                      // to be destroyed outside their own callbacks
    std::unique_ptr<plugin::Event> pacer_;
    std::unique_ptr<plugin::Event> burial_;
    std::size_t open_max_ = 0;
    std::uint64_t next_planned_ = 0;
    std::uint64_t next_number_ = 1;
    std::int64_t begun_ = 0;
    bool cancelled_ = false;
};

} // namespace sonde::dns
