// The smallest plugin over the C++ comfort: it must compile without warnings and export one symbol.

#include <sonde/plugin.hpp>

namespace {

namespace sdk = sonde::plugin;

enum : std::int32_t { kUnexpected = 1 };
enum { kName, kTimes, kWait };
constexpr const char *kWords[] = {"fine", "not_fine", nullptr};

constexpr sonde_option kOptions[] = {
    sdk::option({.id = "name", .type = SONDE_STRING, .list = true, .required = true, .help = "what to say"}),
    sdk::option({.id = "times", .type = SONDE_INT, .default_value = "1", .minimum = "1", .help = "how often"}),
    sdk::option({.id = "wait", .type = SONDE_DURATION, .default_value = "1ms", .help = "between two"}),
};
constexpr auto kOptionList = sdk::pointers(kOptions);

constexpr sonde_column kColumns[] = {
    sdk::column({.id = "name", .type = SONDE_STRING}),
    sdk::column({.id = "at", .type = SONDE_TIMESTAMP, .clock = SONDE_CLOCK_MONOTONIC}),
    sdk::column({.id = "waited", .type = SONDE_DURATION, .nullable = true}),
    sdk::column({.id = "outcome", .type = SONDE_STRING, .words = kWords}),
};
constexpr auto kColumnList = sdk::pointers(kColumns);
constexpr sonde_table kTables[] = {sdk::table({.id = "said", .columns = kColumnList.data()})};
constexpr auto kTableList = sdk::pointers(kTables);
constexpr sonde_function kFunctions[] = {sdk::function({.uri = "urn:example:say"})};
constexpr auto kFunctionList = sdk::pointers(kFunctions);
constexpr sonde_status kStatuses[] = {sdk::status({.code = kUnexpected, .id = "unexpected"})};
constexpr auto kStatusList = sdk::pointers(kStatuses);

void measure(const sonde_host &host, const sonde_invocation &in)
{
    sdk::Options options(in);
    if (options.items(kName).empty())
        throw sdk::Failure{kUnexpected, "nothing to say"};
    for (std::int64_t i = 0; i < options.integer(kTimes); ++i)
        for (const sonde_value &item : options.items(kName))
            sdk::row(host, 0,
                     {sdk::cell(sdk::Options::text_of(item)),
                      sdk::cell(sdk::Timestamp{host.now(&host, SONDE_CLOCK_MONOTONIC)}),
                      sdk::cell(i == 0 ? std::nullopt : std::optional(options.duration(kWait))), sdk::cell("fine")});
}

constexpr sonde_method kMethods[] = {sdk::method({.flags = SONDE_PASSIVE,
                                                  .id = "say",
                                                  .version = "1.0",
                                                  .functions = kFunctionList.data(),
                                                  .options = kOptionList.data(),
                                                  .tables = kTableList.data(),
                                                  .statuses = kStatusList.data(),
                                                  .run = sdk::guarded<measure, kUnexpected>})};
constexpr auto kMethodList = sdk::pointers(kMethods);

} // namespace

SONDE_EXPORT constinit const sonde_plugin sonde_plugin_v1 = sdk::plugin(
    {.name = "say", .version = "1.0.0", .vendor = "Example", .licence = "Apache-2.0", .methods = kMethodList.data()});
