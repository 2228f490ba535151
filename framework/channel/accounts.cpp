#include "channel/accounts.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sonde::channel {

namespace {

constexpr std::uint64_t kLongestWait = 100ULL * 365 * 24 * 3600;

// What is behind NAME= where a member begins.
std::optional<std::string_view> value_of(std::string_view text, std::string_view name)
{
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view one = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(rest.size(), one.size() + 1));
        const std::string_view member = one.substr(std::min(one.size(), one.find_first_not_of(' ')));
        if (member.starts_with(name) && member.substr(name.size(), 1) == "=")
            return member.substr(name.size() + 1);
    }
    return std::nullopt;
}

std::optional<std::uint64_t> number_of(std::optional<std::string_view> digits)
{
    std::uint64_t number = 0;
    if (!digits)
        return std::nullopt;
    const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), number);
    return error == std::errc() && end == digits->data() + digits->size() ? std::optional(number) : std::nullopt;
}

} // namespace

std::string write_accounts(const Accounts &accounts)
{
    return "planned=" + std::to_string(accounts.planned) + ", acknowledged=" + std::to_string(accounts.acknowledged) +
           ", waiting=" + std::to_string(accounts.waiting.count()) +
           (accounts.triggered ? ", triggered=" + std::to_string(*accounts.triggered) : "");
}

Result<Accounts> read_accounts(std::string_view text)
{
    const auto planned = number_of(value_of(text, "planned"));
    const auto acknowledged = number_of(value_of(text, "acknowledged"));
    const auto waiting = number_of(value_of(text, "waiting"));
    const auto told_triggered = value_of(text, "triggered");
    const auto triggered = number_of(told_triggered);
    if (!planned || !acknowledged || !waiting || *waiting > kLongestWait || (told_triggered && !triggered))
        return Error{"Sonde-Accounts", "is not what it should be",
                     write_accounts({120, 118, std::chrono::seconds(3), 121})};
    return Accounts{*planned, *acknowledged, std::chrono::seconds(*waiting), triggered};
}

} // namespace sonde::channel
