#pragma once

#include "filter.hpp"
#include "segment.hpp"

#include <sonde/keyed_hash.hpp>

#include <cstdint>

namespace sonde::passive_syn {

// What is kept of a connection attempt in place of its addresses, ports and initial sequence number: a keyed hash of
// them, which says nothing to somebody without the key of this run, and cannot be made to collide from outside.
class Fingerprints {
public:
    explicit Fingerprints(const sonde::plugin::HashKey &key) : key_(key) {}

    // The same of a SYN, of its retransmissions, and of the SYN/ACK or RST that answers it in the other direction.
    // `packet` is not unparsed.
    std::uint64_t of(const Classified &packet, Direction direction) const;

private:
    sonde::plugin::HashKey key_;
};

} // namespace sonde::passive_syn
