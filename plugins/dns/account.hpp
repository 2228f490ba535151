#pragma once

#include "comparison.hpp"
#include "settings.hpp"
#include "socket_traits.hpp"
#include "tally.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace sonde::dns {

// A server, and how it was asked; Reuse::cold for UDP.
using Line = std::tuple<std::size_t, Transport, Reuse>;

// What a run has found, for its end.
struct Account {
    std::map<Line, Tally> tallies;
    std::map<Line, SocketTraits> sockets;                    // of the last query
    std::vector<Comparison> comparisons;                     // by question
    std::vector<std::optional<std::string>> nsid, id_server; // by server
};

// What a run under load was.
struct Load {
    std::uint64_t sockets = 0;
    std::int64_t duration = 0; // ns, to the last decision
};

} // namespace sonde::dns
