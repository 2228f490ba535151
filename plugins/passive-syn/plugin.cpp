// The description of the plugin: two methods that observe TCP connection set-ups on an interface.

#include "methods.hpp"

#include <sonde/plugin.hpp>

namespace {

constexpr const sonde_method *kMethodList[] = {&sonde::passive_syn::kPassiveSyn, &sonde::passive_syn::kPassiveHandshake,
                                               nullptr};

} // namespace

SONDE_EXPORT constinit const sonde_plugin sonde_plugin_v1 = sonde::plugin::plugin({
    .name = "passive-syn",
    .version = "1.0.0",
    .vendor = "Sonde",
    .licence = "Apache-2.0",
    .methods = kMethodList,
});
