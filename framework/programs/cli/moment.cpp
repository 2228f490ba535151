#include "programs/cli/moment.hpp"

#include "model/date_time.hpp"

#include <algorithm>
#include <string>

namespace sonde::cli {

namespace {

using namespace std::chrono_literals;

// Whether text has the form, in which 0 stands for any digit.
bool has_form(std::string_view text, std::string_view form)
{
    if (text.size() != form.size())
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == '0' ? !digit : text[i] != form[i])
            return false;
    }
    return true;
}

// `word` is what the person wrote.
Result<Moment> moment(const std::string &word, const std::string &date_time, std::chrono::nanoseconds length)
{
    const Result<WallTime> begin = model::parse_date_time(date_time);
    if (!begin)
        return Error{"", "'" + word.substr(0, 80) + "' is no time", "2026-11-24T04:05Z, 2026-11-24 or 04:05"};
    return Moment{*begin, length};
}

Result<Moment> last_time_of_day(const std::string &word, const std::string &time, std::chrono::nanoseconds length,
                                WallTime now)
{
    const std::string today = model::format_date_time(now).substr(0, 10);
    Result<Moment> found = moment(word, today + "T" + time + "Z", length);
    if (found && found->begin > now)
        found->begin -= 24h;
    return found;
}

} // namespace

Result<Moment> parse_moment(std::string_view text, WallTime now)
{
    const std::string word(text);
    if (has_form(text, "0000-00-00"))
        return moment(word, word + "T00:00:00Z", 24h);
    if (has_form(text, "00:00"))
        return last_time_of_day(word, word + ":00", 1min, now);
    if (has_form(text, "00:00:00"))
        return last_time_of_day(word, word, 1s, now);
    constexpr std::string_view to_minute = "0000-00-00T00:00";
    const std::string_view rest = text.substr(std::min(text.size(), to_minute.size()));
    if (!has_form(text.substr(0, to_minute.size()), to_minute))
        return moment(word, word, 1s);
    if (rest.empty() || has_form(rest, ":00"))
        return Error{"", "'" + word + "' is in which time zone?", word + "Z is UTC"};
    if (rest.starts_with(':'))
        return moment(word, word, 1s);
    return moment(word, word.substr(0, to_minute.size()) + ":00" + std::string(rest), 1min);
}

} // namespace sonde::cli
