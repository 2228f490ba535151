#pragma once

#include <sonde/plugin.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sonde::dns {

// The method's statuses.
enum Status : std::int32_t {
    kNoAnswer = 1,
    kBadOption = 2,
    kNotSent = 3,
    kUnexpected = 4,
    kNoResolver = 5,
};

enum class Transport { udp, tcp, dot, doh };
inline constexpr const char *kTransportWords[] = {"udp", "tcp", "dot", "doh", nullptr};

// What of earlier queries a query over a connection may use.
enum class Reuse {
    cold,    // nothing: a new connection
    resumed, // a new connection that resumes an earlier TLS session
    reused,  // the connection of the query before
};
inline constexpr const char *kReuseWords[] = {"cold", "resumed", "reused", nullptr};

enum class Sampling { periodic, poisson };
inline constexpr const char *kSamplingWords[] = {"periodic", "poisson", nullptr};

enum class HttpMethod { get, post };
inline constexpr const char *kHttpMethodWords[] = {"GET", "POST", nullptr};

// What one run is asked to do.
struct Settings {
    std::vector<std::string> server; // as given; addresses
    std::vector<std::string> names;
    std::string type; // as in the option's words
    std::string query_class;
    std::optional<std::uint16_t> port; // nothing: the transport's own
    std::chrono::nanoseconds timeout{};
    std::uint32_t tries = 1;
    std::chrono::nanoseconds interval{};
    Sampling sampling = Sampling::periodic;
    std::uint32_t count = 1;
    std::uint16_t edns_size = 0; // 0: no EDNS
    bool recursion = true;
    bool dnssec = false;
    std::chrono::nanoseconds linger{};
    std::vector<Transport> transports; // none: UDP
    std::vector<Reuse> connections;
    std::optional<std::string> tls_name;
    std::optional<std::string> ca; // a PEM file
    std::string path;
    HttpMethod http_method = HttpMethod::post;
    std::size_t answer_size = 65535; // over a connection, bytes
    bool follow = false;
    bool cookies = false;
    bool mixed_case = false;
    bool unique = false;
    bool identify = false;
    std::uint32_t outstanding = 0; // 0: each query at its time

    std::uint16_t port_of(Transport transport) const
    {
        constexpr std::uint16_t kPorts[] = {53, 53, 853, 443};
        return port.value_or(kPorts[static_cast<std::size_t>(transport)]);
    }
};

// Whom to ask.
struct Server {
    sonde_ip ip = {};
    bool given = true;     // else found in the system's settings
    const char *stub = ""; // what it is if it is a resolver on this host that asks others; empty: none, or not known
    std::string upstreams; // whom a stub asks, as far as this host says it; separated by blanks
};

} // namespace sonde::dns
