// A method in C++ by plugin.hpp, which leaves nothing of its own in the ABI: options to a struct, rows from one, an
// exception that becomes a status.
#include <sonde/address.hpp>
#include <sonde/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace {

using namespace sonde::plugin;

enum class Mode { plain, fancy };
constexpr const char *kModes[] = {"plain", "fancy", nullptr};

struct Settings {
    std::string_view target;
    std::chrono::nanoseconds interval;
    std::optional<double> ratio;
    std::vector<std::uint16_t> ports;
    Mode mode;
    bool fail;
};
constinit const OptionSet kOptions(option<&Settings::target>({.id = "target", .type = SONDE_HOST, .required = true}),
                                   option<&Settings::interval>({.id = "interval", .default_value = "10ms"}),
                                   option<&Settings::ratio>({.id = "ratio"}),
                                   option<&Settings::ports>({.id = "ports", .type = SONDE_PORT}),
                                   option<&Settings::mode>({.id = "mode", .default_value = "fancy", .words = kModes}),
                                   option<&Settings::fail>({.id = "fail", .default_value = "false"}));

struct Row {
    std::string_view target;
    std::chrono::nanoseconds interval;
    std::optional<double> ratio;
    std::int64_t ports;
    Mode mode;
    sonde_ip first;
};
constinit const Table kRows({.id = "row"}, column<&Row::target>({.id = "target"}),
                            column<&Row::interval>({.id = "interval"}), column<&Row::ratio>({.id = "ratio"}),
                            column<&Row::ports>({.id = "ports", .unit = "ports"}),
                            column<&Row::mode>({.id = "mode", .words = kModes}), column<&Row::first>({.id = "first"}));
constinit const sonde_table *const kTables[] = {&kRows, nullptr};

constexpr std::int32_t kUnexpected = 1;
constexpr sonde_status kStatuses[] = {status({.code = kUnexpected, .id = "unexpected"})};
constexpr auto kStatusList = pointers(kStatuses);
constexpr sonde_function kFunctions[] = {function({.uri = "urn:example:typed"})};
constexpr auto kFunctionList = pointers(kFunctions);

void measure(const sonde_host &host, const sonde_invocation &in)
{
    const Settings settings = kOptions.read(in);
    if (settings.fail)
        throw std::runtime_error("thrown and caught");
    const auto ip = parse_ip("192.0.2.1");
    row(host, 0, kRows,
        {.target = settings.target,
         .interval = settings.interval,
         .ratio = settings.ratio,
         .ports = static_cast<std::int64_t>(settings.ports.size()),
         .mode = settings.mode,
         .first = *ip});
}

constinit const sonde_method kMethods[] = {method({.id = "typed",
                                                   .version = "1.0",
                                                   .functions = kFunctionList.data(),
                                                   .options = kOptions.data(),
                                                   .tables = kTables,
                                                   .statuses = kStatusList.data(),
                                                   .run = guarded<measure, kUnexpected>})};
constinit const auto kMethodList = pointers(kMethods);

} // namespace

SONDE_EXPORT constinit const sonde_plugin sonde_plugin_v1 = sonde::plugin::plugin(
    {.name = "typed", .version = "1.0.0", .vendor = "Sonde", .licence = "Apache-2.0", .methods = kMethodList.data()});
