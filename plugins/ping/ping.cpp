// ping: ICMP echo round trips with the kernel's stamps. README.md says how it measures and what disturbs it.

#include "session.hpp"

#include <sonde/plugin.hpp>

#include <algorithm>
#include <string>

#include <netdb.h>

namespace sonde::ping {

namespace sdk = sonde::plugin;

namespace {

enum { kTarget, kCount, kInterval, kTmax, kSize, kDscp, kTtl };

constexpr sonde_option kOptions[] = {
    sdk::option({.id = "target",
                 .type = SONDE_HOST,
                 .list = true,
                 .required = true,
                 .target = true,
                 .help = "whom to ping: names or addresses"}),
    sdk::option({.id = "count",
                 .type = SONDE_INT,
                 .unit = "packets",
                 .default_value = "5",
                 .minimum = "1",
                 .maximum = "10000000",
                 .help = "packets to each target"}),
    sdk::option({.id = "interval",
                 .type = SONDE_DURATION,
                 .default_value = "1s",
                 .minimum = "1ms",
                 .maximum = "1h",
                 .help = "from one packet to a target to the next"}),
    sdk::option({.id = "tmax",
                 .type = SONDE_DURATION,
                 .default_value = "3s",
                 .minimum = "1ms",
                 .maximum = "60s",
                 .help = "a reply that takes longer is late (RFC 6673)"}),
    sdk::option({.id = "size",
                 .type = SONDE_INT,
                 .unit = "B",
                 .default_value = "56",
                 .minimum = "16",
                 .maximum = "65000",
                 .help = "payload behind the 8 bytes of ICMP header"}),
    sdk::option({.id = "dscp",
                 .type = SONDE_INT,
                 .default_value = "0",
                 .minimum = "0",
                 .maximum = "63",
                 .help = "differentiated services code point of the requests"}),
    sdk::option({.id = "ttl",
                 .type = SONDE_INT,
                 .default_value = "64",
                 .minimum = "1",
                 .maximum = "255",
                 .help = "TTL or hop limit of the requests"}),
};
constexpr auto kOptionList = sdk::pointers(kOptions);

constexpr sonde_function kFunctions[] = {sdk::function({.uri = "urn:sonde:method:ping"})};
constexpr auto kFunctionList = sdk::pointers(kFunctions);

constexpr sonde_status kStatuses[] = {
    sdk::status(
        {.code = kNoSuchHost, .id = "no_such_host", .blame = SONDE_BLAME_RESOLVER, .help = "no target has an address"}),
    sdk::status(
        {.code = kNoSocket, .id = "no_socket", .blame = SONDE_BLAME_AGENT, .help = "no ICMP socket could be had"}),
    sdk::status({.code = kNothingSent,
                 .id = "nothing_sent",
                 .blame = SONDE_BLAME_AGENT,
                 .help = "the system refused every packet, for want of a route for instance"}),
    sdk::status({.code = kNoAnswer,
                 .id = "no_answer",
                 .blame = SONDE_BLAME_UNKNOWN,
                 .help = "no packet was answered; that is all that is known of the target and of the path"}),
    sdk::status({.code = kUnexpected,
                 .id = "unexpected",
                 .blame = SONDE_BLAME_PLATFORM,
                 .help = "something that should not happen; the message says what"}),
};
constexpr auto kStatusList = sdk::pointers(kStatuses);

// One echo request, many answers: nobody asks for that by naming a host.
bool is_group(const sonde_ip &ip)
{
    if (ip.family == 6)
        return ip.bytes[0] == 0xff;
    return (ip.bytes[0] & 0xf0) == 0xe0 || std::all_of(ip.bytes, ip.bytes + 4, [](auto byte) { return byte == 255; });
}

Target find(const sonde_host &host, std::string_view name)
{
    Target target{std::string(name), {}, {}};
    sonde_addresses found;
    const std::int32_t code = host.resolve(&host, target.name.c_str(), &found);
    if (code != 0)
        target.error = std::string("no address: ") + gai_strerror(code);
    else if (is_group(found.items[0]))
        target.error = "a group address is no target";
    else
        target.address = found.items[0];
    return target;
}

void measure(const sonde_host &host, const sonde_invocation &in)
{
    const sdk::Options options(in);
    Plan plan;
    bool any = false;
    for (const sonde_value &item : options.items(kTarget)) {
        plan.targets.push_back(find(host, sdk::Options::text_of(item)));
        any = any || plan.targets.back().address.family != 0;
    }
    if (!any)
        throw sdk::Failure{kNoSuchHost,
                           plan.targets.empty() ? "no target" : plan.targets[0].name + ": " + plan.targets[0].error};
    plan.count = static_cast<std::uint32_t>(options.integer(kCount));
    plan.interval = options.duration(kInterval);
    plan.tmax = options.duration(kTmax);
    plan.payload_bytes = static_cast<std::size_t>(options.integer(kSize));
    plan.dscp = static_cast<int>(options.integer(kDscp));
    plan.ttl = static_cast<int>(options.integer(kTtl));
    Session(host, std::move(plan)).run();
}

constinit const sonde_method kMethods[] = {sdk::method({
    .flags = SONDE_ACTIVE,
    .id = "ping",
    .version = "1.0",
    .help = "round trips of ICMP echo, one row a packet, with the kernel's stamps before and behind the local queue",
    .functions = kFunctionList.data(),
    .options = kOptionList.data(),
    .tables = kTableList,
    .statuses = kStatusList.data(),
    // A request is size + 48 (IPv6), and an ICMP error quotes all of it behind 48 of its own; a twelfth more of size
    // for the headers of fragments at IPv6's minimum MTU.
    .traffic_bound = "target * count * (2 * size + 144 + size / 12)",
    .privileges = SONDE_PRIVILEGE_ICMP,
    .run = sdk::guarded<measure, kUnexpected>,
})};
constinit const auto kMethodList = sdk::pointers(kMethods);

} // namespace

} // namespace sonde::ping

SONDE_EXPORT constinit const sonde_plugin sonde_plugin_v1 = sonde::plugin::plugin({
    .name = "ping",
    .version = "1.0.0",
    .vendor = "Sonde",
    .licence = "Apache-2.0",
    .methods = sonde::ping::kMethodList.data(),
});
