#include "plugin_host/traffic_bound.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

namespace sonde::plugin_host {

namespace {

// Nobody's bound nests deeper, and a hostile one must not exhaust the stack.
constexpr int kDepthMax = 32;

constexpr double kNanosecondsASecond = 1e9;

bool begins_number(char c)
{
    return c >= '0' && c <= '9';
}

bool begins_word(char c)
{
    return (c >= 'a' && c <= 'z') || c == '_';
}

// Evaluates while it reads:
//
//     sum     = product {("+" | "-") product}
//     product = factor {("*" | "/") factor}
//     factor  = number | option | ("min" | "max") "(" sum "," sum ")" | "(" sum ")"
//
// Keeps the first error; what is computed after it means nothing.
class Expression {
public:
    // Without values it only checks.
    Expression(const frames::MethodDescription &method, std::span<const frames::OptionValue> values)
        : method_(method), values_(values), rest_(*method.traffic_bound)
    {
    }

    // Infinite where something was divided by zero, whatever became of that.
    Result<double> evaluate()
    {
        const double value = sum();
        if (error_.empty() && !rest_.empty())
            fail("'" + std::string(rest_.substr(0, 20)) + "' is not understood");
        if (!error_.empty())
            return Error{method_.id + "/traffic_bound", error_, ""};
        return divided_by_zero_ ? std::numeric_limits<double>::infinity() : value;
    }

private:
    void fail(const std::string &what)
    {
        if (error_.empty())
            error_ = what;
        rest_ = {};
    }

    // The next character that is no blank; 0 at the end.
    char peek()
    {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
        return rest_.empty() ? '\0' : rest_.front();
    }

    bool accept(char wanted)
    {
        if (peek() != wanted)
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    void expect(char wanted)
    {
        if (!accept(wanted))
            fail(std::string("'") + wanted + "' is missing" +
                 (rest_.empty() ? " at the end" : " before '" + std::string(rest_.substr(0, 20)) + "'"));
    }

    double sum()
    {
        double value = product();
        for (;;) {
            if (accept('+'))
                value += product();
            else if (accept('-'))
                value -= product();
            else
                return value;
        }
    }

    double product()
    {
        double value = factor();
        for (;;) {
            if (accept('*'))
                value *= factor();
            else if (accept('/'))
                value = divide(value, factor());
            else
                return value;
        }
    }

    double divide(double value, double by)
    {
        divided_by_zero_ = divided_by_zero_ || by == 0;
        return by == 0 ? 0 : value / by;
    }

    double factor()
    {
        if (++depth_ > kDepthMax)
            fail("it nests too deep");
        const double value = begins_number(peek()) ? number() : begins_word(peek()) ? word() : parenthesis();
        --depth_;
        return value;
    }

    double parenthesis()
    {
        if (!accept('(')) {
            fail(rest_.empty() ? "it ends where a value should be"
                               : "'" + std::string(rest_.substr(0, 20)) + "' stands where a value should be");
            return 0;
        }
        const double value = sum();
        expect(')');
        return value;
    }

    double number()
    {
        double value = 0;
        const auto [end, error] =
            std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, std::chars_format::fixed);
        if (error != std::errc())
            fail("a number is out of range");
        else
            rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return value;
    }

    double word()
    {
        const auto end =
            std::find_if_not(rest_.begin(), rest_.end(), [](char c) { return begins_word(c) || begins_number(c); });
        const std::string_view name = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(name.size());
        if (!accept('('))
            return option(name);
        if (name != "min" && name != "max")
            fail("there is no function '" + std::string(name) + "'");
        const double first = sum();
        expect(',');
        const double second = sum();
        expect(')');
        return name == "min" ? std::min(first, second) : std::max(first, second);
    }

    double option(std::string_view name)
    {
        const auto found = std::find_if(method_.options.begin(), method_.options.end(),
                                        [&](const auto &option) { return option.id == name; });
        if (found == method_.options.end()) {
            fail("there is no option '" + std::string(name) + "'");
            return 0;
        }
        const bool number = found->type == SONDE_BOOL || found->type == SONDE_INT || found->type == SONDE_DOUBLE ||
                            found->type == SONDE_DURATION;
        if (!found->list && !number)
            fail("'" + found->id + "' is no number");
        if (!found->list && !found->required && !found->default_value)
            fail("'" + found->id + "' may be absent: it needs a default value, or to be required");
        return value_of(*found, static_cast<std::size_t>(found - method_.options.begin()));
    }

    double value_of(const frames::OptionDescription &option, std::size_t index) const
    {
        if (index >= values_.size())
            return 0;
        const frames::OptionValue &value = values_[index];
        if (option.list)
            return static_cast<double>(value.items.size());
        if (value.items.empty())
            return 0;
        if (option.type == SONDE_DOUBLE)
            return value.items[0].real;
        const auto integer = static_cast<double>(value.items[0].integer);
        return option.type == SONDE_DURATION ? integer / kNanosecondsASecond : integer;
    }

    const frames::MethodDescription &method_;
    std::span<const frames::OptionValue> values_;
    std::string_view rest_;
    std::string error_;
    int depth_ = 0;
    bool divided_by_zero_ = false;
};

} // namespace

Result<void> check_traffic_bound(const frames::MethodDescription &method)
{
    if (!method.traffic_bound)
        return {};
    const Result<double> value = Expression(method, {}).evaluate();
    if (!value)
        return value.error();
    return {};
}

std::optional<std::uint64_t> traffic_bound(const frames::MethodDescription &method,
                                           std::span<const frames::OptionValue> values)
{
    if (!method.traffic_bound)
        return std::nullopt;
    const Result<double> value = Expression(method, values).evaluate();
    constexpr double kMost = 18446744073709551615.0;
    if (!value || !(*value < kMost))
        return UINT64_MAX;
    return static_cast<std::uint64_t>(std::ceil(std::max(*value, 0.0)));
}

} // namespace sonde::plugin_host
