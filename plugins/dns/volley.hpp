#pragma once

#include "account.hpp"
#include "drops.hpp"
#include "looped.hpp"
#include "question.hpp"
#include "route.hpp"
#include "slots.hpp"
#include "stamps.hpp"

#include <sonde/address.hpp>
#include <sonde/plugin.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace sonde::dns {

struct VolleyBuffers;

/*
 * One run under load, over UDP: as many queries at once as `outstanding` says, the next as soon as one is decided.
 * A few sockets a server share the queries, and batches of them the calls of the kernel. Nothing is told of single
 * queries but in the account; every answer is checked, and has its stamps.
 */
class Volley {
public:
    // Throws plugin::Failure if a name is none.
    Volley(const sonde_host &host, const Settings &settings, const std::vector<Server> &servers);
    ~Volley();

    // Blocks until all is decided or the run is cancelled.
    void run();

    const Account &account() const { return account_; }
    const Load &load() const { return load_; }
    bool cancelled() const { return cancelled_; }

private:
    // One socket to one server, with its queries.
    struct Lane {
        Lane(std::size_t most, std::int64_t keep) : slots(most, keep) {}

        plugin::Fd fd;
        std::size_t server = 0;
        bool connected = false; // else the kernel knows no way to the server
        std::uint16_t port = 0;
        Slots slots;
        std::vector<Slots::Slot *> ready; // to be sent
        int refusals = 0;                 // of the first of them
        bool blocked = false;
        bool stamps_both = false;   // for all of its queries: before the local queue and at the driver
        bool driver_stamps = false; // seen: without `stamps_both` the others are no longer asked for
        Drops::Look drops;
        std::int64_t dropped_at = 0;
        std::int64_t blocked_at = 0;
    };
    void open_lanes();
    void step(Lane &lane, int events);
    bool may_send(const Lane &lane) const;
    void fill(Lane &lane);
    void send(Lane &lane);
    void refuse(Lane &lane, int error);
    void take_stamps(Lane &lane);
    void note_stamp(Lane &lane, Slots::Slot &slot, const SendStamp &stamp);
    std::uint64_t count_query(const Lane &lane, Slots::Slot &slot) const;
    bool take_answers(Lane &lane);
    void note_drops(Lane &lane);
    void take(Lane &lane, const Datagram &datagram, Octets octets);
    void take_error(Lane &lane, const IcmpError &error, Octets message);
    std::optional<std::int64_t> response_time(const Slots::Slot &slot, const Datagram &datagram) const;
    void end_waits(Lane &lane);
    void watch_clock();
    bool is_done() const;
    const sonde_ip &ip_of(const Lane &lane) const { return servers_[lane.server].ip; }
    Tally &tally_of(const Lane &lane) { return *tallies_[lane.server]; }
    std::int64_t patience() const;

    const sonde_host &host_;
    const Settings &settings_;
    const std::vector<Server> &servers_;
    Drawer drawer_;
    Random drawn_; // from it
    std::vector<Route> routes_;
    std::vector<plugin::SocketAddress> addresses_;
    std::vector<Query> queries_;       // by question
    std::vector<std::uint64_t> asked_; // by server, of total_
    std::uint64_t total_ = 0;
    std::vector<std::unique_ptr<Lane>> lanes_;
    std::unique_ptr<VolleyBuffers> buffers_; // of queries and answers
    std::unique_ptr<VolleyBuffers> errors_;  // of the error queues, read while answers are being looked at
    Drops drops_;
    Account account_;
    std::vector<Tally *> tallies_;          // by server
    std::unique_ptr<bool[]> driver_stamps_; // by server: seen
    Load load_;
    std::int64_t now_ = 0; // CLOCK_MONOTONIC ns, of this turn
    std::int64_t clock_offset_ = 0;
    std::uint32_t epoch_ = 0; // of the wall clock: how often it was set
    bool cancelled_ = false;
};

} // namespace sonde::dns
