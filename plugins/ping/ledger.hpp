#pragma once

#include "packet.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sonde::ping {

enum class Outcome : std::uint8_t {
    reply,
    late,
    lost,
    duplicate,
    corrupted,
    other_source,
    icmp_error,
    unsent,
    dropped_here,
};

// In the order of Outcome, ended by a null pointer: the column's words.
extern const char *const kOutcomeWords[];

// The two points on a packet's way out at which the kernel notes the time.
enum class Stamp {
    queue,  // SOF_TIMESTAMPING_TX_SCHED: on entering our own interface's queue
    driver, // SOF_TIMESTAMPING_TX_SOFTWARE: on leaving it
};

// A packet on its way. Stamps are CLOCK_REALTIME ns, 0: none yet.
struct Packet {
    std::uint32_t target = 0; // index
    std::uint32_t seq = 0;    // 1, 2, ... within the target
    std::int64_t scheduled = 0;
    std::int64_t sent = 0; // CLOCK_MONOTONIC ns
    std::int64_t tx_queue = 0;
    std::int64_t tx_driver = 0;
    std::uint32_t line_bytes = 0; // IP headers and those of fragments included
    std::uint32_t interval = 0;   // of the report, by when it was scheduled
    std::uint32_t drops = 0;      // of its socket, when it was sent
    std::uint32_t generation = 0; // of the wall clock: a step begins a new one
    std::uint32_t extra = 0;      // arrivals after the one that settled it
    std::uint16_t source = 0;     // index into the addresses that we sent from, plus one
    bool settled = false;
    bool on_line = false; // its bytes are counted
};

// What became of a packet. The one with extra == 0 is the packet's own; others are arrivals that came on top of it.
struct Verdict {
    explicit Verdict(const Packet &about, Outcome is, std::uint32_t arrivals_before = 0)
        : packet(about), outcome(is), extra(arrivals_before)
    {
    }

    const Packet &packet;
    Outcome outcome;
    std::uint32_t extra;
    // Times are void across a step of the clock.
    std::optional<std::int64_t> tx_queue, tx_driver, rx;
    std::optional<std::chrono::nanoseconds> rtt;       // from the driver's stamp, else from the queue's
    std::optional<std::chrono::nanoseconds> rtt_sched; // from the queue's: what a user behind this machine waits
    std::optional<std::chrono::nanoseconds> local_queue;
    std::optional<std::chrono::nanoseconds> lateness; // of our own sending
    std::optional<bool> reordered;                    // of a reply, in time or late
    const sonde_ip *source = nullptr;                 // whence it was sent, if known
    const Arrival *arrival = nullptr;                 // what came in, if anything
    const char *error = nullptr;                      // why it was not sent
};

// Keeps the packets in flight and decides what became of each. A packet gets exactly one verdict of its own, or none if
// the run ends before its tmax. A right and intact reply settles at once; what could be forged or is damaged (no right
// token) is only a candidate, which counts if nothing better has come in time. Pure: knows no socket and no clock.
class Ledger {
public:
    using Sink = std::function<void(const Verdict &)>;

    // `targets` are the targets' addresses; `first_number` begins the numbering. A reply is awaited for tmax, noticed
    // as late for as long again, or for `linger` if that is longer.
    Ledger(std::vector<sonde_ip> targets, std::chrono::nanoseconds tmax, std::chrono::nanoseconds linger,
           std::uint64_t first_number, Sink sink);

    // The number that the next packet handed to `sent` or `unsent` will have.
    std::uint64_t next_number() const { return first_ + packets_.size(); }
    // In the order of their numbers. `packet.sent` never decreases.
    void sent(Packet packet);
    void unsent(Packet packet, const char *error);

    void stamp(std::uint64_t number, Stamp which, std::int64_t ns, const sonde_ip &source);
    // Hand in the stamps of a batch first: a request is stamped before its reply can come. `now` is monotonic.
    void arrive(const Arrival &arrival, std::optional<std::int64_t> rx, std::int64_t now);
    // The wall clock was set: stamps from before and after cannot be compared.
    void clock_stepped() { ++generation_; }
    // How many packets the socket of a family has dropped so far for want of buffer.
    void dropped(std::uint32_t family, std::uint32_t total) { drops_[family == 6] = total; }

    // Settles what has waited long enough for a late reply too. `now` is monotonic.
    void expire(std::int64_t now);
    // At the run's end: settles what has waited for tmax; returns the rest, which stays pending.
    std::vector<Packet> close(std::int64_t now);
    // When nothing more is waited for, if nothing more is sent: `linger` behind the last answer, or behind tmax of the
    // last packet.
    std::int64_t last_due() const
    {
        return waiting_ == 0 ? last_arrival_ + linger_ : packets_.back().sent + tmax_ + linger_;
    }
    // When `expire` has something to do; INT64_MAX: nothing waits.
    std::int64_t next_due() const;
    // The oldest interval that packets which may still get a verdict belong to.
    std::optional<std::uint32_t> oldest_interval() const;
    // Bytes of requests that went over the line, since the last call: those that the driver took, or, where it stamps
    // nothing, those that are not known to have stayed here.
    std::uint64_t take_line_bytes() { return std::exchange(line_bytes_, 0); }

private:
    // What a packet becomes if nothing better comes in time; the lower the better.
    struct Candidate {
        enum class Rank : std::uint8_t {
            other_source,
            damaged,
            doubtful_error,
        };
        Rank rank;
        Arrival arrival;
        std::optional<std::int64_t> rx;
        std::uint32_t copies = 0; // further right replies from other addresses
    };
    struct DriverStamps {
        bool seen = false;
        bool missing = false; // a reply came though the driver had stamped nothing: this driver does not stamp
    };

    std::optional<std::size_t> find(const Arrival &arrival) const;
    void answered(std::uint64_t number, Packet &packet, const Arrival &arrival, std::optional<std::int64_t> rx,
                  std::int64_t now);
    void propose(std::uint64_t number, const Candidate &candidate);
    void add_copies(Packet &packet, const Candidate &foreign, std::uint32_t copies);
    void settle(std::uint64_t number, Packet &packet);
    void emit(Packet &packet, Outcome outcome, const Arrival *arrival, std::optional<std::int64_t> rx,
              const char *error = nullptr, std::optional<bool> reordered = std::nullopt);
    void add_times(Verdict &verdict) const;
    void put_on_line(Packet &packet);
    std::uint16_t source_index(const sonde_ip &source);
    void forget_settled(std::int64_t now);
    bool driver_stamps(const Packet &packet) const;
    bool left_in_local_queue(const Packet &packet) const;
    std::int64_t patience() const { return tmax_ + std::max(tmax_, linger_); }

    std::vector<sonde_ip> targets_;
    std::int64_t tmax_, linger_;
    Sink sink_;
    std::deque<Packet> packets_;
    std::uint64_t first_; // number of packets_.front()
    std::unordered_map<std::uint64_t, Candidate> candidates_;
    std::vector<sonde_ip> sources_;
    std::vector<std::uint64_t> highest_answered_; // number, by target
    std::vector<DriverStamps> driver_stamps_;
    bool driver_stamps_anywhere_ = false;
    std::size_t waiting_ = 0;
    std::size_t scanned_ = 0; // packets_ before this index are settled
    std::uint32_t generation_ = 0;
    std::array<std::uint32_t, 2> drops_{};
    std::uint64_t line_bytes_ = 0;
    std::int64_t last_arrival_ = 0; // monotonic
};

} // namespace sonde::ping
