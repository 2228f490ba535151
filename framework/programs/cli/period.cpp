#include "programs/cli/period.hpp"

#include "base/clock.hpp"
#include "model/date_time.hpp"
#include "plugin_host/text.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace sonde::cli {

void add_period_words(CLI::App &app, PeriodWords &words)
{
    CLI::Option *last = app.add_option("--last", words.last, "of so long until now: 90s, 2h, 1d");
    app.add_option("--from", words.from, "from this time on, 2026-11-24T04:05:00Z")->excludes(last);
    app.add_option("--to", words.to, "before this time");
}

Result<void> add_period(Parameters &parameters, const PeriodWords &words)
{
    if (!words.last.empty()) {
        const auto last = plugin_host::parse_duration(words.last);
        if (!last)
            return Error{"--last", last.error().what, last.error().hint};
        parameters.emplace_back("from", model::format_date_time(now().wall - std::chrono::nanoseconds(*last)));
    }
    for (const auto &[name, text] : {std::pair("from", words.from), std::pair("to", words.to)}) {
        if (text.empty())
            continue;
        const auto time = model::parse_date_time(text);
        if (!time)
            return Error{std::string("--") + name, time.error().what, time.error().hint};
        parameters.emplace_back(name, model::format_date_time(*time));
    }
    return {};
}

} // namespace sonde::cli
