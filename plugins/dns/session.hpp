#pragma once

#include "socket_pool.hpp"
#include "transmission.hpp"

#include <map>
#include <memory>
#include <vector>

namespace sonde::dns {

/*
 * One run: sends each query at its time (in each round every name is asked of every server), again when a try has timed
 * out, and keeps every server's account. Rows go out as things are decided.
 */
class Session {
public:
    Session(const sonde_host &host, const Settings &settings);

    // Blocks until all is decided or the run is cancelled. Throws plugin::Failure if a name is none.
    void run();

    const std::vector<Tally> &tallies() const { return tallies_; }
    bool cancelled() const { return cancelled_; }

private:
    void make_queries();
    void wait_for_receive_stamps();
    void pace();
    void ask(Asked asked);
    void decided(const Transmission &transmission);
    void observed(const Transmission &transmission, const Observation &observation);
    void bury();
    std::uint64_t questions() const;

    const sonde_host &host_;
    const Settings &settings_;
    plugin::EventBase base_;
    Transmission::Listener listener_;
    SocketPool pool_;
    plugin::Fd keeper_; // as long as one stamping socket is open, receive stamping stays on
    std::vector<Query> queries_;
    std::vector<Tally> tallies_;
    std::map<std::uint64_t, std::unique_ptr<Transmission>> open_; // by number
    std::vector<std::unique_ptr<Transmission>> over_;             // to be destroyed outside their own callbacks
    std::unique_ptr<plugin::Event> pacer_;
    std::unique_ptr<plugin::Event> burial_;
    std::size_t open_max_ = 0;
    std::uint64_t next_question_ = 0;
    std::uint64_t next_number_ = 1;
    std::int64_t begun_ = 0;
    bool cancelled_ = false;
};

} // namespace sonde::dns
