// SPDX-License-Identifier: @LICENCE@
//
// @METHOD@: how long a TCP connection to a port takes. README.md says how it measures.
//
// The contract is <sonde/plugin.h>; <sonde/plugin.hpp> makes it shorter in C++ and adds nothing to it. What stands
// above connect_time() is constant data that says what the method takes and gives; the host checks what it is given
// against it, so that the code never sees a wrong option.
#include <sonde/plugin.hpp>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace sdk = sonde::plugin;

namespace {

// What a run is given: each option fills a member, whose type says the option's.
struct Settings {
    std::string_view target;
    std::uint16_t port;
    std::chrono::nanoseconds timeout;
};
// In that section since gcc 12 leaves a constant with a constructor writable.
[[gnu::section(".data.rel.ro.sonde")]] constinit const sdk::OptionSet kOptions(
    sdk::option<&Settings::target>(
        {.id = "target", .type = SONDE_HOST, .required = true, .target = true, .help = "whom to connect to"}),
    sdk::option<&Settings::port>({.id = "port", .type = SONDE_PORT, .default_value = "443", .help = "TCP port"}),
    sdk::option<&Settings::timeout>({.id = "timeout",
                                     .default_value = "5s",
                                     .minimum = "1ms",
                                     .maximum = "60s",
                                     .help = "how long to wait for the connection"}));

// A row: each member fills a column. What may be unknown is a std::optional, which becomes null, never 0.
struct Connection {
    sonde_ip address;
    std::chrono::nanoseconds connect;
};
[[gnu::section(".data.rel.ro.sonde")]] constinit const sdk::Table kConnections(
    {.id = "connection", .help = "one row a run"},
    sdk::column<&Connection::address>({.id = "address", .help = "that the connection went to"}),
    sdk::column<&Connection::connect>({.id = "connect", .help = "connect() called to connection established"}));
constinit const sonde_table *const kTables[] = {&kConnections, nullptr};
enum { kConnectionTable };

// Every way to fail, and whose fault it is.
enum { kNoSuchHost = 1, kNoSocket, kNoConnection, kUnexpected };
constexpr sonde_status kStatuses[] = {
    sdk::status({.code = kNoSuchHost,
                 .id = "no_such_host",
                 .blame = SONDE_BLAME_RESOLVER,
                 .help = "the target has no address"}),
    sdk::status({.code = kNoSocket, .id = "no_socket", .blame = SONDE_BLAME_AGENT, .help = "no socket could be had"}),
    sdk::status({.code = kNoConnection,
                 .id = "no_connection",
                 .blame = SONDE_BLAME_TARGET,
                 .help = "the target refused the connection or did not answer"}),
    sdk::status({.code = kUnexpected,
                 .id = "unexpected",
                 .blame = SONDE_BLAME_PLATFORM,
                 .help = "something that should not happen; the message says what"}),
};
constexpr auto kStatusList = sdk::pointers(kStatuses);

struct Endpoint {
    sockaddr_storage address{};
    socklen_t size = 0;
};

Endpoint endpoint(const sonde_ip &to, std::uint16_t port)
{
    Endpoint at;
    if (to.family == 4) {
        auto &in4 = reinterpret_cast<sockaddr_in &>(at.address);
        in4.sin_family = AF_INET;
        in4.sin_port = htons(port);
        std::memcpy(&in4.sin_addr, to.bytes, 4);
        at.size = sizeof in4;
    } else {
        auto &in6 = reinterpret_cast<sockaddr_in6 &>(at.address);
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(port);
        in6.sin6_scope_id = to.interface;
        std::memcpy(&in6.sin6_addr, to.bytes, 16);
        at.size = sizeof in6;
    }
    return at;
}

// 0 once connected; else an errno, ECANCELED if the run is to end.
int wait_connected(const sonde_host &host, int fd, std::chrono::nanoseconds timeout)
{
    // The host's descriptor is readable once the run is cancelled: wait for it beside your own.
    pollfd waits[] = {{fd, POLLOUT, 0}, {host.cancel_fd, POLLIN, 0}};
    const int ready = poll(waits, 2, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(timeout).count()));
    if (ready == 0)
        return ETIMEDOUT;
    if (ready < 0)
        return errno;
    if (waits[1].revents != 0)
        return ECANCELED;
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// One blocking call in a process of its own. A Failure that is thrown becomes the run's status.
void connect_time(const sonde_host &host, const sonde_invocation &in)
{
    const Settings settings = kOptions.read(in);
    sonde_addresses found;
    if (host.resolve(&host, settings.target.data(), &found) != 0)
        throw sdk::Failure{kNoSuchHost, "no address for " + std::string(settings.target)};
    // Sockets come from the host: bound to the chosen interface, marked as measurement traffic, non-blocking.
    std::int32_t fd = -1;
    if (host.socket(&host, SONDE_SOCKET_TCP, found.items[0].family, 1, &fd) != 0)
        throw sdk::Failure{kNoSocket, "no TCP socket"};
    const sdk::Fd socket(fd);
    const Endpoint to = endpoint(found.items[0], settings.port);

    const std::int64_t begun = host.now(&host, SONDE_CLOCK_MONOTONIC);
    int error = connect(fd, reinterpret_cast<const sockaddr *>(&to.address), to.size) == 0 ? 0 : errno;
    if (error == EINPROGRESS)
        error = wait_connected(host, fd, settings.timeout);
    if (error == ECANCELED)
        return;
    if (error != 0)
        throw sdk::Failure{kNoConnection, "port " + std::to_string(settings.port) + ": " + std::strerror(error)};
    const std::chrono::nanoseconds took(host.now(&host, SONDE_CLOCK_MONOTONIC) - begun);
    // SYN, SYN/ACK and ACK, with options; the reset or FINs at the end. The owner's data budget counts it.
    host.count(&host, 3 * 60, 2 * 60);
    sdk::row(host, kConnectionTable, kConnections, {.address = found.items[0], .connect = took});
}

constexpr sonde_function kFunctions[] = {sdk::function({.uri = "urn:example:method:@METHOD@"})};
constexpr auto kFunctionList = sdk::pointers(kFunctions);

constinit const sonde_method kMethods[] = {sdk::method({
    .flags = SONDE_ACTIVE,
    .id = "@METHOD@",
    .version = "0.1",
    .help = "how long a TCP connection to a port takes",
    .functions = kFunctionList.data(),
    .options = kOptions.data(),
    .tables = kTables,
    .statuses = kStatusList.data(),
    // At most so many bytes, so that a host knows what a plan will cost: a SYN is sent up to 7 times.
    .traffic_bound = "20 * 80",
    .run = sdk::guarded<connect_time, kUnexpected>,
})};
constinit const auto kMethodList = sdk::pointers(kMethods);

} // namespace

constinit const sonde_plugin sonde_plugin_v1 = sdk::plugin({
    .name = "@METHOD@",
    .version = "0.1.0",
    .vendor = "@VENDOR@",
    .licence = "@LICENCE@",
    .methods = kMethodList.data(),
});
