#include "model/date_time.hpp"

#include <array>
#include <optional>

namespace sonde::model {

namespace {

using namespace std::chrono;

// Reads digits and punctuation from the front; the first that does not fit makes everything after it fail too.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    int number(std::size_t digits)
    {
        int value = 0;
        for (; digits > 0; --digits)
            value = value * 10 + digit();
        return value;
    }

    void literal(char expected)
    {
        if (!take(expected))
            failed_ = true;
    }

    bool take(char expected)
    {
        if (rest_.empty() || rest_.front() != expected)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
    bool done() const { return !failed_ && rest_.empty(); }

private:
    int digit()
    {
        if (!at_digit()) {
            failed_ = true;
            return 0;
        }
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }

    std::string_view rest_;
    bool failed_ = false;
};

struct Fields {
    int year, month, day, hour, minute, second;
    nanoseconds fraction{0};
    minutes offset{0};
};

nanoseconds scan_fraction(Scanner &scanner)
{
    std::int64_t value = scanner.number(1);
    int digits = 1;
    for (; scanner.at_digit(); ++digits) {
        const int digit = scanner.number(1);
        if (digits < 9)
            value = value * 10 + digit;
    }
    for (; digits < 9; ++digits)
        value *= 10;
    return nanoseconds(value);
}

std::optional<minutes> scan_offset(Scanner &scanner)
{
    if (scanner.take('Z'))
        return minutes(0);
    const bool behind = scanner.take('-');
    if (!behind)
        scanner.literal('+');
    const int hour = scanner.number(2);
    scanner.literal(':');
    const int minute = scanner.number(2);
    if (hour > 23 || minute > 59)
        return std::nullopt;
    const minutes offset = hours(hour) + minutes(minute);
    return behind ? -offset : offset;
}

std::optional<Fields> scan(std::string_view text)
{
    Scanner scanner(text);
    Fields fields{};
    fields.year = scanner.number(4);
    scanner.literal('-');
    fields.month = scanner.number(2);
    scanner.literal('-');
    fields.day = scanner.number(2);
    scanner.literal('T');
    fields.hour = scanner.number(2);
    scanner.literal(':');
    fields.minute = scanner.number(2);
    scanner.literal(':');
    fields.second = scanner.number(2);
    if (scanner.take('.'))
        fields.fraction = scan_fraction(scanner);
    const std::optional<minutes> offset = scan_offset(scanner);
    if (!offset || !scanner.done())
        return std::nullopt;
    fields.offset = *offset;
    return fields;
}

char *put(char *to, unsigned value, int digits)
{
    for (int i = digits - 1; i >= 0; --i, value /= 10)
        to[i] = static_cast<char>('0' + value % 10);
    return to + digits;
}

struct Broken {
    year_month_day date;
    hh_mm_ss<nanoseconds> time;

    // By the seconds, since midnight of the earliest day is out of the range of nanoseconds.
    explicit Broken(WallTime at) : Broken(floor<seconds>(at), at.time_since_epoch() % seconds(1)) {}

private:
    Broken(sys_seconds at, nanoseconds remainder)
        : date(floor<days>(at)),
          time(at - floor<days>(at) + (remainder < nanoseconds(0) ? remainder + seconds(1) : remainder))
    {
    }
};

std::string format(WallTime at, bool with_fraction)
{
    const Broken broken(at);
    std::array<char, 32> text;
    char *to = put(text.data(), static_cast<unsigned>(static_cast<int>(broken.date.year())), 4);
    *to++ = '-';
    to = put(to, static_cast<unsigned>(broken.date.month()), 2);
    *to++ = '-';
    to = put(to, static_cast<unsigned>(broken.date.day()), 2);
    *to++ = 'T';
    to = put(to, static_cast<unsigned>(broken.time.hours().count()), 2);
    *to++ = ':';
    to = put(to, static_cast<unsigned>(broken.time.minutes().count()), 2);
    *to++ = ':';
    to = put(to, static_cast<unsigned>(broken.time.seconds().count()), 2);
    if (with_fraction) {
        *to++ = '.';
        to = put(to, static_cast<unsigned>(broken.time.subseconds().count()), 9);
    }
    *to++ = 'Z';
    return {text.data(), to};
}

} // namespace

Result<WallTime> parse_date_time(std::string_view text)
{
    Error error{"", "'" + std::string(text.substr(0, 64)) + "' is not a date and time",
                "it has the form 2026-11-24T04:05:00Z or 2026-11-24T05:05:00.5+01:00"};
    const std::optional<Fields> fields = scan(text);
    if (!fields)
        return error;
    const year_month_day date{year(fields->year), month(static_cast<unsigned>(fields->month)),
                              day(static_cast<unsigned>(fields->day))};
    if (!date.ok() || fields->hour > 23 || fields->minute > 59 || fields->second > 60) {
        error.hint = "no calendar or clock shows it";
        return error;
    }
    if (fields->year < 1678 || fields->year > 2261) {
        error.what += " that can be used";
        error.hint = "years from 1678 to 2261 can";
        return error;
    }
    const auto minute = sys_days(date) + hours(fields->hour) + minutes(fields->minute) - fields->offset;
    if (fields->second == 60 && floor<days>(minute) + days(1) - minutes(1) != minute) {
        error.hint = "a leap second is 23:59:60 in UTC";
        return error;
    }
    return WallTime(minute) + seconds(fields->second) + fields->fraction;
}

std::optional<minutes> parse_timezone_offset(std::string_view text)
{
    Scanner scanner(text);
    const std::optional<minutes> offset = scan_offset(scanner);
    return scanner.done() ? offset : std::nullopt;
}

std::string format_timezone_offset(minutes offset)
{
    if (offset == minutes(0))
        return "Z";
    const auto size = static_cast<unsigned>(abs(offset).count());
    std::array<char, 8> text;
    char *to = text.data();
    *to++ = offset < minutes(0) ? '-' : '+';
    to = put(to, size / 60, 2);
    *to++ = ':';
    to = put(to, size % 60, 2);
    return {text.data(), to};
}

std::string format_date_time(WallTime time)
{
    return format(time, floor<seconds>(time) != time);
}

std::string format_timestamp(WallTime time)
{
    return format(time, true);
}

std::string cycle_number(WallTime event, std::chrono::seconds interval)
{
    // Everything in two parts, so that no interval overflows nanoseconds.
    const sys_seconds whole = floor<seconds>(event);
    const seconds beyond = seconds(((whole.time_since_epoch() % interval) + interval) % interval);
    const seconds to_next = interval - beyond;
    const nanoseconds fraction = Broken(event).time.subseconds();
    const bool later = beyond >= to_next || (beyond + seconds(1) == to_next && fraction >= milliseconds(500));
    const sys_seconds cycle = whole - beyond + (later ? interval : seconds(0));

    const year_month_day date(floor<days>(cycle));
    const hh_mm_ss<seconds> time(cycle - floor<days>(cycle));
    std::array<char, 16> text;
    char *to = put(text.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
    to = put(to, static_cast<unsigned>(date.month()), 2);
    to = put(to, static_cast<unsigned>(date.day()), 2);
    *to++ = '.';
    to = put(to, static_cast<unsigned>(time.hours().count()), 2);
    to = put(to, static_cast<unsigned>(time.minutes().count()), 2);
    to = put(to, static_cast<unsigned>(time.seconds().count()), 2);
    return {text.data(), to};
}

} // namespace sonde::model
