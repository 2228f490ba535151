#include "model/capabilities_json.hpp"

#include "model/json/common_tables.hpp"
#include "model/json/root.hpp"

namespace sonde::model {

namespace json {

namespace {

constexpr std::string_view kCapabilitiesRoot = "sonde-lmap:input";

struct FailureList {
    std::vector<Failure> failures;
};

} // namespace

template <>
struct Node<CapabilityTask> {
    using S = CapabilityTask;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields{
        leaf<&S::name, Name>("name", kMandatory),   list<&S::functions, kFunctionsMax>("function"),
        leaf<&S::version, Text>("version"),         leaf<&S::program, Text>("program"),
        leaf<&S::plugin_hash, Hash>("plugin-hash"), leaf<&S::plugin_version, Text>("plugin-version"),
    };
};

template <>
struct Node<RefusedPlugin> {
    using S = RefusedPlugin;
    static constexpr std::string_view key = "file";
    static constexpr std::array fields{
        leaf<&S::file, BoundedText<1, 4096>>("file", kMandatory),
        leaf<&S::reason, Text>("reason", kMandatory),
    };
};

struct CapabilityTasks {
    static constexpr std::array fields{list<&Capabilities::tasks, kTasksMax>("task")};
};

template <>
struct Node<Capabilities> {
    using S = Capabilities;
    static constexpr std::array fields{
        leaf<&S::version, Text>("version", kMandatory),
        leaf_list<&S::tags, Name, kTagsMax>("tag"),
        group<S, CapabilityTasks>("tasks"),
        list<&S::refused_plugins, kRefusedPluginsMax>("refused-plugin"),
    };
};

template <>
struct Node<Failure> {
    using S = Failure;
    static constexpr std::array fields{
        leaf_in<&S::identity, &EntryIdentity::epoch, UuidText>("epoch"),
        leaf_in<&S::identity, &EntryIdentity::sequence, Unsigned64>("sequence"),
        leaf<&S::time, DateTime>("time", kMandatory),
        leaf<&S::kind, Name>("kind", kMandatory),
        leaf<&S::path, Text>("path"),
        leaf<&S::message, Text>("message", kMandatory),
    };
};

template <>
struct Node<FailureList> {
    static constexpr std::array fields{list<&FailureList::failures, kFailuresMax>("failure")};
};

} // namespace json

Reading<Capabilities> read_capabilities(std::string_view text)
{
    return json::read_document<Capabilities>(text, kCapabilitiesBytesMax, json::kCapabilitiesRoot);
}

std::string write_capabilities(const Capabilities &capabilities)
{
    return json::write_document(capabilities, json::kCapabilitiesRoot);
}

Reading<std::vector<Failure>> read_failures(std::string_view text)
{
    auto reading = json::read_document<json::FailureList>(text, kFailuresBytesMax, json::kCapabilitiesRoot);
    Reading<std::vector<Failure>> failures{.errors = std::move(reading.errors)};
    if (reading)
        failures.value = std::move(reading->failures);
    return failures;
}

std::string write_failures(const std::vector<Failure> &failures)
{
    return json::write_document(json::FailureList{failures}, json::kCapabilitiesRoot);
}

} // namespace sonde::model
