#pragma once

#include "base/id.hpp"

#include <cstdint>

namespace sonde::model {

// Identifies for ever what an agent has written down to be told: a reported result, or a failure, each counted for
// itself. The epoch is drawn when a spool is created, the sequence counts in it. With the certificate's identity it is
// the key by which a duplicate is stored once.
struct EntryIdentity {
    Uuid epoch{};
    std::uint64_t sequence = 0;

    bool operator==(const EntryIdentity &) const = default;
};

} // namespace sonde::model
