#pragma once

#include <sonde/plugin.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sonde::dns {

// Positions of the method's options.
struct OptionAt {
    enum : std::size_t {
        server,
        name,
        type,
        query_class,
        port,
        timeout,
        tries,
        interval,
        count,
        edns_size,
        recursion,
        dnssec,
        linger
    };
};

// Positions of the method's tables.
enum TableIndex : std::uint32_t { kQueryTable, kSummaryTable };

// The method's statuses.
enum Status : std::int32_t {
    kNoAnswer = 1,
    kBadOption = 2,
    kNotSent = 3,
    kUnexpected = 4,
};

// What one run is asked to do. Durations in ns.
struct Settings {
    std::vector<sonde_ip> servers;
    std::vector<std::string> names;
    std::string type; // as in the option's words
    std::string query_class;
    std::uint16_t port = 53;
    std::int64_t timeout = 0;
    std::uint32_t tries = 1;
    std::int64_t interval = 0;
    std::uint32_t count = 1;
    std::uint16_t edns_size = 0; // 0: no EDNS
    bool recursion = true;
    bool dnssec = false;
    std::int64_t linger = 0;
};

} // namespace sonde::dns
