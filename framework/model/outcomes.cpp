#include "model/outcomes.hpp"

#include "model/cells.hpp"
#include "model/date_time.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace sonde::model {

namespace {

std::string count_text(std::uint64_t count)
{
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    return int_text(static_cast<std::int64_t>(std::min(count, kMost)));
}

bool read_cell(std::string_view text, std::string &target)
{
    target = text;
    return true;
}

bool read_cell(std::string_view text, Uuid &target)
{
    const auto id = parse_uuid(text);
    if (id)
        target = *id;
    return id.has_value();
}

bool read_cell(std::string_view text, WallTime &target)
{
    const auto time = parse_date_time(text);
    if (time)
        target = *time;
    return time.has_value();
}

template <class T>
    requires std::is_integral_v<T>
bool read_cell(std::string_view text, T &target)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), target);
    return error == std::errc() && end == text.data() + text.size();
}

bool read_cell(std::string_view text, std::chrono::nanoseconds &target)
{
    std::int64_t count = 0;
    const bool fits = read_cell(text, count);
    target = std::chrono::nanoseconds(count);
    return fits;
}

// A word of a later version reads as the plainest one rather than as an error, since words grow.
bool read_cell(std::string_view text, OutcomeWord &target)
{
    const auto word = parse_outcome_word(text);
    target = word.value_or(OutcomeWord::failed);
    return word.has_value();
}

bool read_cell(std::string_view text, Blame &target)
{
    target = parse_blame(text).value_or(Blame::unknown);
    return true;
}

template <class T>
bool read_cell(std::string_view text, std::optional<T> &target)
{
    return read_cell(text, target.emplace());
}

std::string cell(const std::string &value)
{
    return value;
}
std::string cell(const Uuid &value)
{
    return sonde::to_string(value);
}
std::string cell(WallTime value)
{
    return wall_text(value);
}
std::string cell(std::int32_t value)
{
    return int_text(value);
}
std::string cell(std::uint64_t value)
{
    return count_text(value);
}
std::string cell(std::chrono::nanoseconds value)
{
    return duration_text(value);
}
std::string cell(OutcomeWord value)
{
    return to_string(value);
}
std::string cell(Blame value)
{
    return to_string(value);
}

template <class T>
Cell cell(const std::optional<T> &value)
{
    return value ? Cell(cell(*value)) : Cell();
}

// One column of the table, in both directions.
struct Line {
    Column column;
    Cell (*write)(const Outcome &);
    bool (*read)(std::string_view, Outcome &);
    bool nullable;
};

template <class T>
inline constexpr bool kNullable = false;
template <class T>
inline constexpr bool kNullable<std::optional<T>> = true;

template <auto Member>
Line line(std::string name, std::string type, std::string unit = {}, std::vector<std::string> words = {})
{
    using T = std::remove_cvref_t<decltype(std::declval<Outcome>().*Member)>;
    return {{std::move(name), std::move(type), std::move(unit), std::move(words)},
            [](const Outcome &outcome) -> Cell { return cell(outcome.*Member); },
            [](std::string_view text, Outcome &outcome) { return read_cell(text, outcome.*Member); },
            kNullable<T>};
}

template <class T>
std::vector<std::string> words(T last)
{
    std::vector<std::string> all;
    for (int i = 0; i <= static_cast<int>(last); ++i)
        all.emplace_back(to_string(static_cast<T>(i)));
    return all;
}

const std::vector<Line> &lines()
{
    using O = Outcome;
    static const std::vector<Line> all{
        line<&O::run>("run", "string"),
        line<&O::schedule>("schedule", "string"),
        line<&O::action>("action", "string"),
        line<&O::task>("task", "string"),
        line<&O::word>("outcome", "string", {}, words(OutcomeWord::missed)),
        line<&O::status>("status", "int"),
        line<&O::blame>("blame", "string", {}, words(Blame::policy)),
        line<&O::message>("message", "string"),
        line<&O::first_event>("first_event", "timestamp"),
        line<&O::last_event>("last_event", "timestamp"),
        line<&O::count>("count", "int", "runs"),
        line<&O::start>("start", "timestamp"),
        line<&O::end>("end", "timestamp"),
        line<&O::lateness>("lateness", "duration", "ns"),
        line<&O::rows>("rows", "int", "rows"),
        line<&O::rows_dropped>("rows_dropped", "int", "rows"),
        line<&O::sent_bytes>("sent", "int", "B"),
        line<&O::received_bytes>("received", "int", "B"),
    };
    return all;
}

} // namespace

const std::vector<Column> &outcomes_columns()
{
    static const std::vector<Column> columns = [] {
        std::vector<Column> all;
        for (const Line &line : lines())
            all.push_back(line.column);
        return all;
    }();
    return columns;
}

ReportedResult outcomes_result(std::span<const Outcome> outcomes, const EntryIdentity &identity, const Uuid &run,
                               WallTime at)
{
    ReportedResult result;
    result.identity = identity;
    result.run = run;
    result.method = kOutcomesMethod;
    result.method_version = kOutcomesVersion;
    result.start = at;
    Table &table = result.tables.emplace_back();
    table.name = kOutcomesMethod;
    table.columns = outcomes_columns();
    for (const Outcome &outcome : outcomes) {
        auto &row = table.rows.emplace_back();
        for (const Line &line : lines())
            row.push_back(line.write(outcome));
    }
    return result;
}

bool is_outcomes(const ReportedResult &result)
{
    return result.method == kOutcomesMethod;
}

Result<std::vector<Outcome>> outcomes_of(const ReportedResult &result)
{
    if (!is_outcomes(result) || result.tables.size() != 1)
        return Error{"", "is no result of the method outcomes", "it has exactly one table"};
    const Table &table = result.tables.front();
    std::vector<std::size_t> places;
    for (const Line &line : lines()) {
        const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                        [&](const Column &column) { return column.name == line.column.name; });
        if (found == table.columns.end())
            return Error{"", "has no column '" + line.column.name + "'", ""};
        places.push_back(static_cast<std::size_t>(found - table.columns.begin()));
    }
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        Outcome &outcome = outcomes.emplace_back();
        for (std::size_t j = 0; j < places.size(); ++j) {
            const Line &line = lines()[j];
            const Cell *cell = places[j] < table.rows[i].size() ? &table.rows[i][places[j]] : nullptr;
            const bool given = cell != nullptr && cell->has_value();
            if (given ? !line.read(**cell, outcome) : !line.nullable)
                return Error{"row " + std::to_string(i + 1) + ", column " + line.column.name,
                             given ? "is not a value of this column" : "is null or missing", ""};
        }
    }
    return outcomes;
}

} // namespace sonde::model
