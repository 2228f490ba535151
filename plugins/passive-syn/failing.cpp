#include "failing.hpp"

namespace sonde::passive_syn {

namespace {

constexpr sonde_status kStatuses[] = {
    sonde::plugin::status(
        {.code = kNoSocket, .id = "no_socket", .blame = SONDE_BLAME_AGENT, .help = "no capture socket could be had"}),
    sonde::plugin::status({.code = kNoRing,
                           .id = "no_ring",
                           .blame = SONDE_BLAME_PLATFORM,
                           .help = "the kernel has no ring for this interface"}),
    sonde::plugin::status({.code = kInterfaceGone,
                           .id = "interface_gone",
                           .blame = SONDE_BLAME_AGENT,
                           .help = "there is no such interface, or it was removed during the run"}),
    sonde::plugin::status({.code = kUnexpected,
                           .id = "unexpected",
                           .blame = SONDE_BLAME_PLATFORM,
                           .help = "something that should not happen; the message says what"}),
    sonde::plugin::status({.code = kNoCounter,
                           .id = "no_counter",
                           .blame = SONDE_BLAME_PLATFORM,
                           .help = "the kernel was to count, and does not here"}),
};

} // namespace

const sonde_status *const kStatusList[] = {&kStatuses[0], &kStatuses[1], &kStatuses[2],
                                           &kStatuses[3], &kStatuses[4], nullptr};

} // namespace sonde::passive_syn
