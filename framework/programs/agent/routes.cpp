#include "routes.hpp"

#include "model/options.hpp"
#include "model/receivers.hpp"
#include "model/report_task.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sonde::agent {

namespace {

const model::Task *find_task(const model::Instruction &instruction, const std::string &name)
{
    const auto found = std::find_if(instruction.tasks.begin(), instruction.tasks.end(),
                                    [&](const model::Task &task) { return task.name == name; });
    return found == instruction.tasks.end() ? nullptr : &*found;
}

const model::Schedule *find_schedule(const model::Instruction &instruction, const std::string &name)
{
    const auto found = std::find_if(instruction.schedules.begin(), instruction.schedules.end(),
                                    [&](const model::Schedule &schedule) { return schedule.name == name; });
    return found == instruction.schedules.end() ? nullptr : &*found;
}

std::string path_of(const model::Schedule &schedule, const model::Action &action)
{
    return "/ietf-lmap-control:lmap/schedules/schedule[name='" + schedule.name + "']/action[name='" + action.name +
           "']";
}

constexpr std::string_view kFileScheme = "file:";
constexpr std::size_t kFolderNameMax = 64;

Result<Collector> parse_collector(const std::string &text)
{
    if (text.starts_with(kFileScheme)) {
        const std::string name = text.substr(kFileScheme.size());
        const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        });
        if (name.empty() || name.size() > kFolderNameMax || !plain)
            return Error{"", "'" + text + "' names no folder", "file:NAME, of letters, digits, _ and -"};
        return Folder{name};
    }
    auto url = channel::parse_url(text);
    if (!url)
        return url.error();
    if (!url->tls)
        return Error{"", "'" + text + "' is not encrypted", "https://HOST:PORT"};
    return *url;
}

Result<void> within(const Reach &reach, const Collector &collector)
{
    if (std::holds_alternative<Folder>(collector) && !reach.files)
        return Error{"", "this agent writes no reports to files", "sonde-agent --reports FOLDER"};
    if (std::holds_alternative<channel::Url>(collector) && !reach.collectors)
        return Error{"", "this agent has no identity that a collector would know", "sonde-agent --identity FOLDER"};
    return {};
}

// Two actions may report to the same collector.
void add(std::vector<spool::Destination> &names, spool::Destination name)
{
    if (std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(std::move(name));
}

} // namespace

std::string to_string(const Collector &collector)
{
    const auto *folder = std::get_if<Folder>(&collector);
    return folder != nullptr ? std::string(kFileScheme) + folder->name
                             : channel::to_string(std::get<channel::Url>(collector));
}

spool::Destination to_spool(const Destination &destination)
{
    // A collector has no blank, a schedule's name may.
    return to_string(destination.collector) + " " + destination.schedule;
}

Result<Destination> from_spool(const spool::Destination &name)
{
    const std::size_t blank = name.find(' ');
    auto collector = parse_collector(name.substr(0, blank));
    if (!collector || blank == std::string::npos)
        return Error{"spool", "'" + name + "' names no destination", ""};
    return Destination{name.substr(blank + 1), std::move(*collector)};
}

spool::Destination input_name(const std::string &schedule, const std::string &action)
{
    // Any character may be in either name.
    return std::string(spool::kInputScheme) + std::to_string(schedule.size()) + " " + schedule + " " + action;
}

std::string receiver(const spool::Destination &name)
{
    if (const auto destination = from_spool(name))
        return to_string(destination->collector);
    std::size_t size = 0;
    const std::size_t blank = name.find(' ');
    if (!name.starts_with(spool::kInputScheme) || blank == std::string::npos)
        return name;
    std::from_chars(name.data() + spool::kInputScheme.size(), name.data() + blank, size);
    const std::string names = name.substr(blank + 1);
    if (size >= names.size())
        return name;
    return "action '" + names.substr(size + 1) + "' of schedule '" + names.substr(0, size) + "'";
}

Result<Collector> collector_of(const std::vector<model::Option> &options)
{
    std::optional<Collector> collector;
    for (const model::Option &option : options) {
        if (option.name != "collector")
            return Error{"option " + option.name, "report has no option '" + option.name + "'", "collector"};
        auto parsed = parse_collector(option.value.value_or(""));
        if (!parsed)
            return Error{"option collector", parsed.error().what, parsed.error().hint};
        collector = std::move(*parsed);
    }
    if (!collector)
        return Error{"option collector", "report needs a collector", "https://HOST:PORT"};
    return *collector;
}

Result<Routes> Routes::of(const model::Instruction &instruction, Reach reach)
{
    Routes routes;
    routes.of_instruction_ = true;
    for (const model::Schedule &schedule : instruction.schedules) {
        for (const model::Action &action : schedule.actions) {
            Route &route = routes.schedules_[schedule.name][action.name];
            const model::Task *task = find_task(instruction, action.task);
            if (task == nullptr || !model::is_report_task(*task))
                continue;
            auto collector = collector_of(model::merge_options(*task, action));
            if (!collector)
                return Error{path_of(schedule, action), collector.error().what, collector.error().hint};
            if (auto reached = within(reach, *collector); !reached)
                return Error{path_of(schedule, action), reached.error().what, reached.error().hint};
            route.reports = to_spool({schedule.name, *collector});
        }
        for (const model::Action &action : model::receivers(schedule))
            if (const auto &reports = routes.schedules_[schedule.name][action.name].reports)
                add(routes.reporting_[schedule.name], *reports);
    }
    for (const model::Schedule &schedule : instruction.schedules)
        for (const model::Action &action : schedule.actions)
            for (const std::string &name : action.destinations) {
                const model::Schedule *to = find_schedule(instruction, name);
                if (to == nullptr)
                    return Error{path_of(schedule, action) + "/destination", "no schedule named '" + name + "'", ""};
                routes.pass_on(routes.schedules_[schedule.name][action.name], *to);
            }
    for (const model::Schedule &schedule : instruction.schedules)
        for (const model::Action &action : schedule.actions)
            routes.follow(instruction, schedule, action);
    return routes;
}

void Routes::pass_on(Route &route, const model::Schedule &to)
{
    if (const auto reporting = reporting_.find(to.name); reporting != reporting_.end())
        for (const spool::Destination &name : reporting->second)
            add(route.destinations, name);
    for (const model::Action &action : model::receivers(to)) {
        if (reports(to.name, action.name))
            continue;
        std::optional<spool::Destination> &input = schedules_.at(to.name).at(action.name).input;
        input = input_name(to.name, action.name);
        add(route.inputs, *input);
    }
}

// What follows it in its own pipeline goes before what it passes its results to.
const std::optional<spool::Destination> &Routes::follow(const model::Instruction &instruction,
                                                        const model::Schedule &schedule, const model::Action &action)
{
    Route &route = schedules_.at(schedule.name).at(action.name);
    if (route.reports || std::exchange(route.followed, true))
        return route.pipeline;
    const model::Action *end = schedule.actions.data() + schedule.actions.size();
    if (schedule.execution_mode == model::ExecutionMode::pipelined)
        for (const model::Action *next = &action + 1; next != end && !route.pipeline; ++next) {
            route.pipeline = schedules_.at(schedule.name).at(next->name).reports;
            if (route.pipeline && next == &action + 1)
                add(route.destinations, *route.pipeline);
        }
    for (const std::string &name : action.destinations) {
        const model::Schedule &to = *find_schedule(instruction, name);
        for (const model::Action &receiver : model::receivers(to))
            if (!route.pipeline)
                route.pipeline = follow(instruction, to, receiver);
    }
    return route.pipeline;
}

bool Routes::reports(const std::string &schedule, const std::string &action) const
{
    const auto found = schedules_.find(schedule);
    return found != schedules_.end() && found->second.contains(action) && found->second.at(action).reports;
}

std::vector<spool::Destination> Routes::results(const std::string &schedule, const std::string &action) const
{
    const auto found = schedules_.find(schedule);
    if (found == schedules_.end() || !found->second.contains(action))
        return {};
    const Route &route = found->second.at(action);
    std::vector<spool::Destination> names = route.destinations;
    names.insert(names.end(), route.inputs.begin(), route.inputs.end());
    return names;
}

std::optional<spool::Destination> Routes::input(const std::string &schedule, const std::string &action) const
{
    const auto found = schedules_.find(schedule);
    if (found == schedules_.end() || !found->second.contains(action))
        return std::nullopt;
    return found->second.at(action).input;
}

bool Routes::forsaken(const spool::Destination &input) const
{
    const auto is_taken = [&](const auto &action) { return action.second.input == input; };
    return of_instruction_ && std::none_of(schedules_.begin(), schedules_.end(), [&](const auto &schedule) {
               return std::any_of(schedule.second.begin(), schedule.second.end(), is_taken);
           });
}

std::vector<spool::Destination> Routes::outcomes(const std::string &schedule, const std::string &action) const
{
    const auto found = schedules_.find(schedule);
    if (found == schedules_.end() || !found->second.contains(action))
        return all();
    const Route &route = found->second.at(action);
    if (route.reports)
        return {*route.reports};
    if (!route.destinations.empty())
        return route.destinations;
    return route.pipeline ? std::vector{*route.pipeline} : all();
}

std::vector<spool::Destination> Routes::all() const
{
    std::vector<spool::Destination> names;
    for (const auto &[schedule, all] : reporting_)
        names.insert(names.end(), all.begin(), all.end());
    return names;
}

bool Routes::reported(const spool::Destination &name) const
{
    return std::any_of(reporting_.begin(), reporting_.end(), [&](const auto &schedule) {
        return std::find(schedule.second.begin(), schedule.second.end(), name) != schedule.second.end();
    });
}

} // namespace sonde::agent
