#include "base/clock.hpp"
#include "model/date_time.hpp"
#include "plugin_host/text.hpp"
#include "programs/cli/answer_printer.hpp"
#include "programs/cli/human.hpp"
#include "programs/cli/instruction_file.hpp"
#include "programs/cli/moment.hpp"
#include "programs/cli/plan/forecast.hpp"
#include "programs/cli/usage.hpp"
#include "programs/cli/workbench.hpp"
#include "schedule/timing.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <set>
#include <variant>

namespace sonde::cli {

namespace {

// Of the picture; a terminal shows fewer.
constexpr std::size_t kTimelineCells = 480;
constexpr std::chrono::days kLongestRun{366};

struct PlanWords {
    std::string file;
    std::int64_t days = 7;
    std::uint64_t agents = 0; // 0: one line alone
    std::uint64_t seed = 1;
    std::string from;
    std::string run_time = "10s";
    std::string zone;
    std::string svg;
    bool load = false;
    std::vector<std::string> plugins;
    AnswerWords rows;
};

Result<SimulatedTime> time_of(const PlanWords &words)
{
    SimulatedTime time;
    const WallTime present = now().wall;
    time.from = std::chrono::floor<std::chrono::minutes>(present);
    if (!words.from.empty()) {
        const auto from = parse_moment(words.from, present);
        if (!from)
            return Error{"--from", from.error().what, from.error().hint};
        time.from = from->begin;
    }
    time.until = time.from + std::chrono::days(words.days);
    if (time.from < schedule::kClockIsSet || time.until > schedule::kEndOfTime)
        return Error{"--from", "agents plan from 2020 to 2099", ""};
    const auto run_time = plugin_host::parse_duration(words.run_time);
    if (!run_time)
        return Error{"--run-time", run_time.error().what, run_time.error().hint};
    if (*run_time < 0 || std::chrono::nanoseconds(*run_time) > kLongestRun)
        return Error{"--run-time", "'" + words.run_time + "' is not possible", "10s; a year at most"};
    time.run_time = std::chrono::nanoseconds(*run_time);
    auto zone = words.zone.empty() ? schedule::Zone::local() : schedule::Zone::named(words.zone);
    if (!zone && !words.zone.empty())
        return Error{"--zone", to_string(zone.error()), "a name of the tz data, as Europe/London"};
    if (zone)
        time.zone = *zone;
    return time;
}

// What the plugins here say of the methods; what they cannot is a warning later.
Costs look_at_methods(Console &console, const PlanWords &words, const model::Instruction &instruction)
{
    auto bench = Workbench::make(words.plugins, "error");
    if (!bench) {
        console.say("warning: " + printable(to_string(bench.error().error)));
        return costs_of(instruction, nullptr);
    }
    const auto catalogue = (*bench)->catalogue(plugin_host::Catalogue::Probing::no); // it is planned for other machines
    if (!catalogue) {
        console.say("warning: " + printable(to_string(catalogue.error())));
        return costs_of(instruction, nullptr);
    }
    return costs_of(instruction, &*catalogue);
}

std::size_t targets_of(const Costs &costs)
{
    std::set<std::pair<bool, std::string>> names;
    for (const auto &schedule : costs)
        for (const ActionCost &cost : schedule)
            for (const std::string &target : cost.targets)
                names.emplace(cost.reports, target);
    return names.size();
}

Timeline timeline_of(const model::Instruction &instruction, const SimulatedTime &time)
{
    std::vector<std::string> names;
    for (const model::Schedule &schedule : instruction.schedules)
        names.push_back(schedule.name);
    return {time.from, time.until, std::move(names), kTimelineCells};
}

Forecast forecast(Console &console, const PlanWords &words, const model::Instruction &instruction,
                  const SimulatedTime &time, Timeline &timeline)
{
    Forecast all = forecast_line(instruction, look_at_methods(console, words, instruction), words.seed, time, timeline);
    if (words.agents == 0 && !words.load)
        return all;
    all.agents = std::max<std::uint64_t>(1, words.agents);
    all.extent = extent_of(all.agents, time, all.planned(), targets_of(all.costs));
    SimulatedTime shorter = time;
    shorter.until = all.extent.until;
    all.fleet = simulate_fleet(instruction, all.costs, words.seed, shorter, all.extent.agents, [&](std::uint64_t done) {
        console.progress("simulating " + std::to_string(all.extent.agents) +
                         " agents: " + human_share(static_cast<double>(done) / static_cast<double>(all.extent.agents)));
    });
    return all;
}

// The schedules' lines, and below them one for each load.
Result<void> draw(const PlanWords &words, const Forecast &forecast)
{
    std::vector<std::string> names;
    for (const model::Schedule &schedule : forecast.instruction.schedules)
        names.push_back(schedule.name);
    for (const auto &[name, load] : forecast.fleet.loads)
        names.push_back(name.first + " " + name.second);
    Timeline timeline(forecast.time.from, forecast.time.until, std::move(names), kTimelineCells);
    simulate(forecast.instruction, forecast.costs, {words.seed, 0}, forecast.time,
             {[&](ActionPlace place, WallTime, WallTime at) { timeline.add(place.schedule, at); }});
    std::size_t line = forecast.instruction.schedules.size();
    for (const auto &[name, load] : forecast.fleet.loads) {
        for (std::size_t number = 0; number < load.minutes(); ++number)
            if (const Load::Minute minute = load.minute(number); minute.starts > 0)
                timeline.add(line, minute.begin, minute.starts);
        ++line;
    }
    const std::unique_ptr<std::FILE, int (*)(std::FILE *)> file(std::fopen(words.svg.c_str(), "we"), std::fclose);
    const std::string picture = timeline.svg();
    if (!file || std::fwrite(picture.data(), 1, picture.size(), file.get()) != picture.size() ||
        std::fflush(file.get()) != 0)
        return Error{words.svg, std::strerror(errno), ""};
    return {};
}

// Everything that the figures rest on.
void say_how(Console &console, const PlanWords &words, const Forecast &forecast)
{
    std::string text = "of one line, from " + model::format_date_time(forecast.time.from) + " for " +
                       std::to_string(words.days) + (words.days == 1 ? " day" : " days") + ", at most " +
                       human_bytes(forecast.daily_bytes()) + " a day; each run takes " +
                       human_setting(forecast.time.run_time.count()) + " here, and local time is that of " +
                       forecast.time.zone.name();
    if (words.agents > 0)
        text += "; loads are of " + std::to_string(words.agents) + (words.agents == 1 ? " agent" : " agents");
    if (forecast.extent.until < forecast.time.until)
        text += " until " + model::format_date_time(forecast.extent.until);
    if (forecast.extent.agents < forecast.agents)
        text += ", of which " + std::to_string(forecast.extent.agents) +
                " were simulated and stand for the others, so that peaks show more than there will be";
    const auto &schedules = forecast.instruction.schedules;
    const auto depends = [](const model::Schedule &schedule) {
        return std::any_of(schedule.constraints.begin(), schedule.constraints.end(), [](const model::Constraint &one) {
            return !std::holds_alternative<model::LocalTimeWindow>(one.type);
        });
    };
    if (std::any_of(schedules.begin(), schedules.end(), depends))
        text += "; constraints count as met, but for local-time-window";
    console.say(wrapped(text, console.err_width(), 2));
}

int show(Console &console, const PlanWords &words, const std::vector<std::string> &rows)
{
    const auto shown = print_rows(console, words.rows, rows);
    return shown ? kDone : fail(console, shown.error(), kUsage);
}

int show_all(Console &console, const PlanWords &words, const Forecast &forecast, const Timeline &timeline)
{
    const bool people = !words.rows.json && !words.rows.csv && words.rows.columns.empty();
    const bool one_kind = words.rows.csv || !words.rows.columns.empty();
    if (words.load)
        return show(console, words, minute_rows(forecast));
    int status = show(console, words, action_rows(forecast));
    if (status != kDone || one_kind)
        return status;
    if (people)
        console.out("\n" + timeline.text(console.out_width()) + "\n");
    for (const auto &rows : {load_rows(forecast), meeting_rows(forecast)}) {
        if (rows.empty())
            continue;
        if (status = show(console, words, rows); status != kDone)
            return status;
        if (people)
            console.out("\n");
    }
    if (people)
        return kDone;
    std::vector<std::string> rest = warning_rows(forecast);
    rest.push_back(whole_row(forecast));
    return show(console, words, rest);
}

int plan(Console &console, const PlanWords &words)
{
    const auto time = time_of(words);
    if (!time)
        return fail(console, time.error(), kUsage);
    const auto [status, text, instruction] = read_instruction_file(console, words.file);
    if (status != kDone)
        return status;
    if (instruction.schedules.empty())
        return fail(console, {words.file, "has no schedule, so nothing runs", ""}, kNothingRan);
    Timeline timeline = timeline_of(instruction, *time);
    const Forecast all = forecast(console, words, instruction, *time, timeline);
    const int shown = show_all(console, words, all, timeline);
    if (shown != kDone)
        return shown;
    say_how(console, words, all);
    for (const std::string &warning : warnings_of(all))
        console.say(printable("warning: " + warning));
    if (words.svg.empty())
        return kDone;
    if (const auto drawn = draw(words, all); !drawn)
        return fail(console, drawn.error(), input_status(drawn.error()));
    return kDone;
}

} // namespace

Verb add_plan(CLI::App &sonde)
{
    const auto words = std::make_shared<PlanWords>();
    CLI::App *app = sonde.add_subcommand("plan", "Simulate an instruction: what will run when, and what that takes");
    app->add_option("FILE", words->file, "the instruction; - reads stdin")->required();
    app->add_option("--days", words->days, "of so many days (default: 7)")->check(whole_number(1, 366));
    app->add_option("--agents", words->agents, "show the load on collectors and targets by so many agents, too")
        ->check(whole_number(1, 10'000'000));
    app->add_option("--from", words->from, "the instruction comes into force then: 2026-11-24T04:05Z (default: now)");
    app->add_option("--run-time", words->run_time, "how long each run takes (default: 10s)");
    app->add_option("--zone", words->zone, "of the agents' local time, as Europe/London (default: that of here)");
    app->add_option("--seed", words->seed, "draw other spreads and agents (default: 1)")
        ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()).description(""));
    app->add_flag("--load", words->load, "rows of what starts in each minute instead");
    app->add_option("--svg", words->svg, "draw what runs when into this file");
    app->add_option("--plugins", words->plugins, "ask the plugins in this directory what a run takes; may be repeated")
        ->allow_extra_args(false);
    add_answer_words(*app, words->rows);
    app->footer(
        examples({"sonde plan hourly.json", "sonde plan hourly.json --days 1 --agents 100000",
                  "sonde plan hourly.json --svg week.svg", "sonde plan hourly.json --load --csv > load.csv"}) +
        "\n\nThe agent's own engine decides, for each agent with its own spreads. Bytes are the upper bounds that\n"
        "the methods declare. --csv and --columns show the actions alone, or the minutes with --load.\n"
        "Exit status: 0 done, 2 not valid or not readable, 4 the instruction has no schedule.");
    return {app, [words](Console &console) { return plan(console, *words); }};
}

} // namespace sonde::cli
