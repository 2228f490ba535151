#include "programs/cli/period.hpp"

#include "base/clock.hpp"
#include "model/date_time.hpp"
#include "plugin_host/text.hpp"
#include "programs/cli/moment.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <optional>
#include <tuple>

namespace sonde::cli {

void add_period_words(CLI::App &app, PeriodWords &words)
{
    CLI::Option *last = app.add_option("--last", words.last, "of so long until now: 90s, 2h, 1d");
    CLI::Option *at = app.add_option("--at", words.at, "of this minute, second or day: 2026-11-24T04:05Z, 04:05");
    at->excludes(last);
    app.add_option("--from", words.from, "from this time on: 2026-11-24T04:05Z, 2026-11-24, 04:05 (UTC)")
        ->excludes(last)
        ->excludes(at);
    app.add_option("--to", words.to, "before this time")->excludes(last)->excludes(at);
}

Result<void> add_period(Parameters &parameters, const PeriodWords &words)
{
    const WallTime present = now().wall;
    std::optional<WallTime> from, to;
    if (!words.last.empty()) {
        const auto last = plugin_host::parse_duration(words.last);
        if (!last)
            return Error{"--last", last.error().what, last.error().hint};
        if (*last <= 0)
            return Error{"--last", "'" + words.last + "' is no time at all", "2h"};
        from = present - std::chrono::nanoseconds(*last);
    }
    if (!words.at.empty()) {
        const auto at = parse_moment(words.at, present);
        if (!at)
            return Error{"--at", at.error().what, at.error().hint};
        from = at->begin;
        to = at->begin + at->length;
    }
    for (auto [name, text, time] : {std::tuple("--from", &words.from, &from), std::tuple("--to", &words.to, &to)}) {
        if (text->empty())
            continue;
        const auto moment = parse_moment(*text, present);
        if (!moment)
            return Error{name, moment.error().what, moment.error().hint};
        *time = moment->begin;
    }
    if (from && to && *from >= *to)
        return Error{"--to", "'" + words.to + "' is not after --from '" + words.from + "'", ""};
    if (from)
        parameters.emplace_back("from", model::format_date_time(*from));
    if (to)
        parameters.emplace_back("to", model::format_date_time(*to));
    return {};
}

} // namespace sonde::cli
