#pragma once

#include "base/result.hpp"
#include "frames/loaded_file.hpp"

#include <sonde/plugin.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What a plugin says of itself (<sonde/plugin.h>), copied out of its memory: field by field the structs of the ABI,
// with NULL as an empty vector, an empty string or, where NULL means something, an empty optional.
namespace sonde::frames {

struct OptionDescription {
    std::string id;
    sonde_type type = SONDE_NULL;
    bool list = false;
    bool required = false;
    bool target = false;
    std::string unit;
    std::optional<std::string> default_value;
    std::optional<std::string> minimum;
    std::optional<std::string> maximum;
    std::vector<std::string> words;
    std::string help;

    bool operator==(const OptionDescription &) const = default;
};

struct ColumnDescription {
    std::string id;
    sonde_type type = SONDE_NULL;
    sonde_clock clock = SONDE_CLOCK_NONE;
    bool nullable = false;
    std::string unit;
    std::vector<std::string> words;
    std::string help;

    bool operator==(const ColumnDescription &) const = default;
};

struct TableDescription {
    std::string id;
    std::vector<ColumnDescription> columns;
    std::string help;

    bool operator==(const TableDescription &) const = default;
};

struct FunctionDescription {
    std::string uri;
    std::vector<std::string> roles;
    std::vector<std::string> fixed_options{}; // NAME=VALUE

    bool operator==(const FunctionDescription &) const = default;
};

struct StatusDescription {
    std::int32_t code = 0;
    std::string id;
    sonde_blame blame = SONDE_BLAME_UNKNOWN;
    std::string help;

    bool operator==(const StatusDescription &) const = default;
};

struct MethodDescription {
    std::uint32_t flags = 0; // SONDE_ACTIVE, ...; unknown bits are kept
    std::string id;
    std::string version;
    std::string help;
    std::vector<FunctionDescription> functions;
    std::vector<OptionDescription> options;
    std::vector<TableDescription> tables;
    std::vector<StatusDescription> statuses;
    std::optional<std::string> traffic_bound; // absent: sends nothing
    std::uint32_t privileges = 0;             // SONDE_PRIVILEGE_ICMP, ...
    bool has_probe = false;
    std::vector<std::string> parameters; // names of what the method would like to know of the line

    bool operator==(const MethodDescription &) const = default;
};

struct Description {
    std::uint32_t abi_minor = 0;
    std::string name;
    std::string version;
    std::string vendor;
    std::string licence;
    std::vector<MethodDescription> methods;
    std::vector<std::string> required_extensions;
    std::string manual;            // Markdown; empty: the plugin brings none
    std::vector<LoadedFile> files; // what its runner has loaded by path: libraries, perhaps the plugin itself
    bool cold = false;             // loading it starts a thread, which no fork takes along

    bool operator==(const Description &) const = default;
};

// Whether a method of it declares that it captures.
bool captures(const Description &description);

// Whether the process of each run loads the plugin by itself, in place of one that is forked again and again: what comes
// of loading is not to be shared, or a method captures, and even a constructor is to be held from sending first.
bool runs_cold(const Description &description);

// Whether a parameter may have that name.
bool is_parameter(std::string name);

// What a finding is about, for whoever tells an author.
enum class Matter {
    ids,    // the form of ids, versions and status codes
    unique, // of several that may not be the same
    text,   // UTF-8 in one line
    types,  // types, clocks and words fit their place
    limits, // how many there may be, and that nothing is missing
};

struct Finding {
    Matter matter;
    Error error; // its `where` is a path such as "ping/packet/rtt"
};

// Where a description breaks the rules that <sonde/plugin.h> states: ids and versions have their form and are unique,
// types exist and fit their place, limits hold, text is UTF-8. Default values, bounds and the traffic bound are text
// here; whoever interprets them checks them.
std::vector<Finding> findings(const Description &description);

// The first finding.
Result<void> check(const Description &description);

} // namespace sonde::frames
