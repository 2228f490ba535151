// ping: ICMP echo round trips with the kernel's stamps. README.md says how it measures and what disturbs it.

#include "session.hpp"
#include "tables.hpp"

#include <sonde/address.hpp>
#include <sonde/plugin.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <netdb.h>

namespace sonde::ping {

namespace sdk = sonde::plugin;

namespace {

constexpr const char *kSamplingWords[] = {"periodic", "poisson", "send-on-receive", nullptr};
constexpr const char *kPatternWords[] = {"counting", "random", "zeros", nullptr};

// In that section since gcc 12 leaves a constant with a constructor writable; as in tables.cpp.
[[gnu::section(".data.rel.ro.sonde")]] constinit const sdk::OptionSet kOptions(
    sdk::option<&Settings::targets>({.id = "target",
                                     .type = SONDE_HOST,
                                     .required = true,
                                     .target = true,
                                     .help = "whom to ping: names or addresses"}),
    sdk::option<&Settings::count>({.id = "count",
                                   .unit = "packets",
                                   .default_value = "5",
                                   .minimum = "1",
                                   .maximum = "10000000",
                                   .help = "packets to each target"}),
    sdk::option<&Settings::interval>({.id = "interval",
                                      .default_value = "1s",
                                      .minimum = "20us",
                                      .maximum = "1h",
                                      .help = "from one packet to a target to the next"}),
    sdk::option<&Settings::tmax>({.id = "tmax",
                                  .default_value = "3s",
                                  .minimum = "1ms",
                                  .maximum = "60s",
                                  .help = "a reply that takes longer is late (RFC 6673)"}),
    sdk::option<&Settings::payload_bytes>({.id = "size",
                                           .unit = "B",
                                           .default_value = "56",
                                           .minimum = "16",
                                           .maximum = "65000",
                                           .help = "payload behind the 8 bytes of ICMP header"}),
    sdk::option<&Settings::dscp>({.id = "dscp",
                                  .default_value = "0",
                                  .minimum = "0",
                                  .maximum = "63",
                                  .help = "differentiated services code point of the requests"}),
    sdk::option<&Settings::ttl>({.id = "ttl",
                                 .default_value = "64",
                                 .minimum = "1",
                                 .maximum = "255",
                                 .help = "TTL or hop limit of the requests"}),
    sdk::option<&Settings::sampling>({.id = "sampling",
                                      .default_value = "periodic",
                                      .words = kSamplingWords,
                                      .help = "when to send: each interval; at random times, interval being their "
                                              "mean; or each interval, but not until the packet before is answered or "
                                              "tmax over"}),
    sdk::option<&Settings::pattern>({.id = "pattern",
                                     .default_value = "counting",
                                     .words = kPatternWords,
                                     .help = "what fills the payload behind its first 16 bytes"}),
    sdk::option<&Settings::dont_fragment>(
        {.id = "dont_fragment",
         .default_value = "false",
         .help = "nobody may cut a packet that is too large; an error tells the path's MTU"}),
    sdk::option<&Settings::linger>({.id = "linger",
                                    .default_value = "0s",
                                    .minimum = "0s",
                                    .maximum = "60s",
                                    .help = "how long to go on listening for late replies and duplicates"}),
    sdk::option<&Settings::summary_interval>({.id = "summary_interval",
                                              .default_value = "0s",
                                              .minimum = "0s",
                                              .maximum = "24h",
                                              .help = "a row of table interval for each such time; 0s: none"}),
    sdk::option<&Settings::packet_rows>(
        {.id = "packet_rows", .default_value = "true", .help = "a row a packet; without, summaries alone"}));

// RFC 8912 sections 9.2.2 and 9.3.2; README.md says in which point a run is another one all the same.
constexpr const char *kSendOnReceive[] = {"sampling=send-on-receive", "ttl=255", "dscp=0", "size=32",
                                          "pattern=random",           "tmax=3s", nullptr};
constexpr sonde_function kFunctions[] = {
    sdk::function({.uri = "urn:sonde:method:ping"}),
    sdk::function({.uri = "https://www.iana.org/assignments/performance-metrics/"
                          "RTDelay_Active_IP-ICMP-SendOnRcv_RFC8912sec9_Seconds_Mean",
                   .fixed_options = kSendOnReceive}),
    sdk::function({.uri = "https://www.iana.org/assignments/performance-metrics/"
                          "RTDelay_Active_IP-ICMP-SendOnRcv_RFC8912sec9_Seconds_Min",
                   .fixed_options = kSendOnReceive}),
    sdk::function({.uri = "https://www.iana.org/assignments/performance-metrics/"
                          "RTDelay_Active_IP-ICMP-SendOnRcv_RFC8912sec9_Seconds_Max",
                   .fixed_options = kSendOnReceive}),
    sdk::function({.uri = "https://www.iana.org/assignments/performance-metrics/"
                          "RTLoss_Active_IP-ICMP-SendOnRcv_RFC8912sec9_Percent_LossRatio",
                   .fixed_options = kSendOnReceive}),
};
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
    sdk::status({.code = kBadOption,
                 .id = "bad_option",
                 .blame = SONDE_BLAME_AGENT,
                 .help = "no target can be pinged: group addresses, or of another family than asked for"}),
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

Target find(const sonde_host &host, const sonde_invocation &in, std::string_view name)
{
    Target target;
    target.name = name;
    target.error = sdk::against_family(in, target.name);
    if (!target.error.empty()) {
        target.failing = kBadOption;
        return target;
    }
    sonde_addresses found;
    const std::int32_t code = host.resolve(&host, target.name.c_str(), &found);
    if (code != 0) {
        target.error = std::string("no address: ") + gai_strerror(code);
    } else if (is_group(found.items[0])) {
        target.error = "a group address is no target";
        target.failing = kBadOption;
    } else {
        target.address = found.items[0];
    }
    return target;
}

void measure(const sonde_host &host, const sonde_invocation &in)
{
    const Settings settings = kOptions.read(in);
    std::vector<Target> targets;
    bool any = false;
    for (const std::string_view name : settings.targets) {
        targets.push_back(find(host, in, name));
        any = any || targets.back().address.family != 0;
    }
    if (!any)
        throw sdk::Failure{targets.empty() ? kNoSuchHost : targets[0].failing,
                           targets.empty() ? "no target" : targets[0].name + ": " + targets[0].error};
    Session(host, settings, std::move(targets)).run();
}

constinit const sonde_method kMethods[] = {sdk::method({
    .flags = SONDE_ACTIVE,
    .id = "ping",
    .version = "1.0",
    .help = "round trips of ICMP echo, one row a packet, with the kernel's stamps before and behind the local queue",
    .functions = kFunctionList.data(),
    .options = kOptions.data(),
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
