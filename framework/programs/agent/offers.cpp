#include "offers.hpp"

namespace sonde::agent {

model::Capabilities capabilities_of(const plugin_host::Catalogue &catalogue)
{
    model::Capabilities capabilities;
    capabilities.version = "sonde-agent " SONDE_VERSION;
    capabilities.tasks = catalogue.capability_tasks();
    capabilities.tasks.push_back({"report", {{"urn:sonde:method:report", {}}}, SONDE_VERSION, "report", "", ""});
    capabilities.refused_plugins = catalogue.refused();
    return capabilities;
}

} // namespace sonde::agent
