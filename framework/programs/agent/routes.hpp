#pragma once

#include "base/result.hpp"
#include "channel/url.hpp"
#include "model/instruction.hpp"
#include "spool/records.hpp"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sonde::agent {

// A folder within the one that the line's owner gave for reports.
struct Folder {
    std::string name;

    bool operator==(const Folder &) const = default;
};

using Collector = std::variant<channel::Url, Folder>;

using sonde::to_string; // of ids and errors, which that of a collector would hide

// https://HOST:PORT or file:NAME.
std::string to_string(const Collector &collector);

// Where an agent can report to: it has an identity for collectors, a folder for files.
struct Reach {
    bool collectors = true;
    bool files = false;
};

// Whom results wait for: a schedule that reports, and the collector it reports to. The URL is part of it, so that what
// was spooled for a collector still goes there when the instruction that said so has been replaced.
struct Destination {
    std::string schedule;
    Collector collector;
};

// The spool's name of a destination, and back.
spool::Destination to_spool(const Destination &destination);
Result<Destination> from_spool(const spool::Destination &name);

// The spool's name of a schedule's action that takes what waits for it as its input.
spool::Destination input_name(const std::string &schedule, const std::string &action);

// Whom a name of the spool's stands for, for a person: a collector's URL, or the action.
std::string receiver(const spool::Destination &name);

// The collector of a reporting action: its option `collector`.
Result<Collector> collector_of(const std::vector<model::Option> &options);

// Where the results and outcomes of an instruction's actions go.
class Routes {
public:
    Routes() = default;
    // An Error for a reporting action without a collector that is within reach, with its path.
    static Result<Routes> of(const model::Instruction &instruction, Reach reach);

    // Of an action's results: the schedules that it names as destinations, which report them or take them as input, and
    // in a pipelined schedule the reporting action that follows it.
    std::vector<spool::Destination> results(const std::string &schedule, const std::string &action) const;
    // What other schedules pass to an action that does not report; nothing if none does.
    std::optional<spool::Destination> input(const std::string &schedule, const std::string &action) const;
    // Whether the instruction passes nothing to that input. Routes of no instruction cannot say so: an earlier process
    // may have had one that this one does not understand.
    bool forsaken(const spool::Destination &input) const;
    // Of its outcome: those of its results that report. If there are none, the next reporting action of its pipelined
    // schedule or of one that its results are passed to, or else every reporting schedule. For reporting itself its own
    // collector, where it must not make another report necessary.
    std::vector<spool::Destination> outcomes(const std::string &schedule, const std::string &action) const;
    bool reports(const std::string &schedule, const std::string &action) const;
    // Those of the schedules that are passed data. A pipeline's own reports are not among them: if nothing of it runs,
    // what it accounts for would wait for ever.
    std::vector<spool::Destination> all() const;
    // Whether that is one of them.
    bool reported(const spool::Destination &name) const;

private:
    struct Route {
        std::optional<spool::Destination> reports; // where to, if it does
        std::vector<spool::Destination> destinations;
        std::vector<spool::Destination> inputs;     // of other actions, that it passes its results to
        std::optional<spool::Destination> input;    // its own
        std::optional<spool::Destination> pipeline; // of the next reporting action that follows it or what it passes to
        bool followed = false;
    };

    void pass_on(Route &route, const model::Schedule &to);
    // Sets what of an action's route comes of the actions that follow it: `pipeline`, and that as a destination.
    const std::optional<spool::Destination> &follow(const model::Instruction &instruction,
                                                    const model::Schedule &schedule, const model::Action &action);

    bool of_instruction_ = false;
    std::map<std::string, std::map<std::string, Route>> schedules_;
    std::map<std::string, std::vector<spool::Destination>> reporting_; // by schedule whose first actions do
};

} // namespace sonde::agent
