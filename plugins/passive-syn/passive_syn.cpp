// passive-syn: counts TCP connection set-ups on an interface. README.md says what is counted and what is not.

#include "watch.hpp"

#include <sonde/plugin.hpp>

namespace sonde::passive_syn {

namespace sdk = sonde::plugin;

namespace {

enum { kInterval, kIntervals, kAlignment, kDirection };
enum { kFromStart, kEpoch };
enum { kBoth, kIn, kOut };

constexpr const char *kAlignmentWords[] = {"start", "epoch", nullptr};
constexpr const char *kDirectionWords[] = {"both", "in", "out", nullptr};

constexpr sonde_option kOptions[] = {
    sdk::option({.id = "interval",
                 .type = SONDE_DURATION,
                 .default_value = "60s",
                 .minimum = "200ms",
                 .maximum = "24h",
                 .help = "length of an interval"}),
    sdk::option({.id = "intervals",
                 .type = SONDE_INT,
                 .default_value = "1",
                 .minimum = "1",
                 .maximum = "1000000",
                 .help = "how many, one after the other without a gap"}),
    sdk::option(
        {.id = "alignment",
         .type = SONDE_ENUM,
         .default_value = "start",
         .words = kAlignmentWords,
         .help = "start: the first begins at once; epoch: at the next whole multiple of interval since 1970 UTC"}),
    sdk::option({.id = "direction",
                 .type = SONDE_ENUM,
                 .default_value = "both",
                 .words = kDirectionWords,
                 .help = "what to count, as the interface sees it"}),
};
constexpr auto kOptionList = sdk::pointers(kOptions);

constexpr sonde_function kFunctions[] = {sdk::function({.uri = "urn:sonde:method:passive-syn"})};
constexpr auto kFunctionList = sdk::pointers(kFunctions);

constexpr sonde_status kStatuses[] = {
    sdk::status(
        {.code = kNoSocket, .id = "no_socket", .blame = SONDE_BLAME_AGENT, .help = "no capture socket could be had"}),
    sdk::status({.code = kNoRing,
                 .id = "no_ring",
                 .blame = SONDE_BLAME_PLATFORM,
                 .help = "the kernel has no ring for this interface"}),
    sdk::status({.code = kInterfaceGone,
                 .id = "interface_gone",
                 .blame = SONDE_BLAME_AGENT,
                 .help = "there is no such interface, or it was removed during the run"}),
    sdk::status({.code = kUnexpected,
                 .id = "unexpected",
                 .blame = SONDE_BLAME_PLATFORM,
                 .help = "something that should not happen; the message says what"}),
};
constexpr auto kStatusList = sdk::pointers(kStatuses);

void measure(const sonde_host &host, const sonde_invocation &in)
{
    const sdk::Options options(in);
    if (in.interface_index == 0)
        throw sdk::Failure{kInterfaceGone, "no interface was chosen"};
    const std::int64_t direction = options.integer(kDirection);
    Plan plan;
    plan.interval = options.duration(kInterval);
    plan.intervals = static_cast<std::uint64_t>(options.integer(kIntervals));
    plan.align_to_epoch = options.integer(kAlignment) == kEpoch;
    plan.want_in = direction != kOut;
    plan.want_out = direction != kIn;
    Watch(host, in.interface_index, plan).run();
}

constinit const sonde_method kMethods[] = {sdk::method({
    .flags = SONDE_PASSIVE | SONDE_NEEDS_INTERFACE,
    .id = "passive-syn",
    .version = "1.0",
    .help = "counts TCP SYN, SYN/ACK and refusals on an interface, by family and direction, per interval",
    .functions = kFunctionList.data(),
    .options = kOptionList.data(),
    .tables = kTableList,
    .statuses = kStatusList.data(),
    .privileges = SONDE_PRIVILEGE_CAPTURE,
    .run = sdk::guarded<measure, kUnexpected>,
})};
constinit const auto kMethodList = sdk::pointers(kMethods);

} // namespace

} // namespace sonde::passive_syn

SONDE_EXPORT constinit const sonde_plugin sonde_plugin_v1 = sonde::plugin::plugin({
    .name = "passive-syn",
    .version = "1.0.0",
    .vendor = "Sonde",
    .licence = "Apache-2.0",
    .methods = sonde::passive_syn::kMethodList.data(),
});
