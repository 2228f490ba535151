#include "policy/target.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sonde::policy {

namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string shown(std::string_view text)
{
    std::string out;
    for (const char c : text.substr(0, 64))
        out += c >= 0x20 && c < 0x7f ? c : '?';
    return "'" + out + "'";
}

Error unclear(std::string_view text, const std::string &why)
{
    return {"", "target " + shown(text) + " " + why, "name a host or an address, e.g. www.example.org or 192.0.2.1"};
}

// "Ends in a number" (WHATWG URL): programs with inet_aton read 0x7f.1, 127.1, 2130706433 or 0177.0.0.1 as addresses.
bool ends_in_a_number(std::string_view name)
{
    const std::string_view last = name.substr(name.rfind('.') + 1);
    return std::all_of(last.begin(), last.end(), is_digit) || last.starts_with("0x");
}

std::string lower(std::string_view text)
{
    std::string out(text);
    for (char &c : out) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

// A host name, or with `glob` one that may hold `*`, normalised.
std::optional<std::string> name_of(std::string_view text, bool glob)
{
    if (text.ends_with('.'))
        text.remove_suffix(1);
    if (text.empty() || text.size() > 253)
        return std::nullopt;
    std::size_t label = 0;
    for (const char c : text) {
        const bool allowed = is_letter(c) || is_digit(c) || c == '-' || c == '_' || (glob && c == '*');
        if (c == '.' ? label == 0 : !allowed)
            return std::nullopt;
        label = c == '.' ? 0 : label + 1;
        if (label > 63)
            return std::nullopt;
    }
    if (label == 0)
        return std::nullopt;
    return lower(text);
}

bool is_port(std::string_view text)
{
    unsigned port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return !text.empty() && text.size() <= 5 && error == std::errc() && end == text.data() + text.size() && port > 0 &&
           port <= 65535;
}

// What stands between `://` and the path.
Result<std::string_view> authority_of(std::string_view text, std::size_t colon)
{
    const std::string_view scheme = text.substr(0, colon);
    const bool good =
        !scheme.empty() && is_letter(scheme.front()) && std::all_of(scheme.begin(), scheme.end(), [](char c) {
            return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
        });
    if (!good)
        return unclear(text, "is a URL with a wrong scheme");
    std::string_view rest = text.substr(colon + 3);
    // A backslash ends the host for browsers and not for others.
    if (rest.find('\\') != std::string_view::npos)
        return unclear(text, "has a backslash in its URL");
    rest = rest.substr(0, rest.find_first_of("/?#"));
    if (rest.find('@') != std::string_view::npos)
        return unclear(text, "has a user name in its URL");
    return rest;
}

struct HostAndPort {
    std::string_view host;
    std::optional<std::string_view> port;
    bool brackets = false;
};

HostAndPort split(std::string_view text)
{
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos)
            return {text, {}, false};
        const std::string_view behind = text.substr(end + 1);
        if (behind.empty())
            return {text.substr(1, end - 1), {}, true};
        if (behind.front() != ':')
            return {text, {}, false};
        return {text.substr(1, end - 1), behind.substr(1), true};
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos)
        return {text, {}, false};
    return {text.substr(0, colon), text.substr(colon + 1), false};
}

} // namespace

Result<Target> parse_target(std::string_view text)
{
    const auto unprintable = [](char c) { return c <= 0x20 || c >= 0x7f; };
    if (std::any_of(text.begin(), text.end(), unprintable))
        return unclear(text, "holds spaces or characters outside ASCII");
    std::string_view rest = text;
    const std::size_t scheme = text.find("://");
    const bool url = scheme != std::string_view::npos;
    if (url) {
        const Result<std::string_view> authority = authority_of(text, scheme);
        if (!authority)
            return authority.error();
        rest = *authority;
    }
    const HostAndPort parts = split(rest);
    if (parts.port && !is_port(*parts.port) && !(url && parts.port->empty()))
        return unclear(text, "has a wrong port");
    const Result<Address> address = parse_address(parts.host);
    if (address) {
        const bool colons = parts.host.find(':') != std::string_view::npos;
        if (parts.brackets ? !colons : (url && colons))
            return unclear(text, "has its brackets wrong");
        return Target(*address);
    }
    const std::optional<std::string> name = name_of(parts.host, false);
    if (!name || parts.brackets)
        return unclear(text, "is neither a host name nor an address");
    if (ends_in_a_number(*name))
        return unclear(text, "looks like an address, and some would take it for one");
    return Target(*name);
}

std::string to_string(const Target &target)
{
    const auto *address = std::get_if<Address>(&target);
    return address ? to_string(*address) : std::get<std::string>(target);
}

std::vector<std::string> names_among(const std::vector<std::string> &targets)
{
    std::vector<std::string> names;
    for (const std::string &text : targets) {
        const Result<Target> target = parse_target(text);
        const auto *name = target ? std::get_if<std::string>(&*target) : nullptr;
        if (name != nullptr && std::find(names.begin(), names.end(), *name) == names.end())
            names.push_back(*name);
    }
    return names;
}

Result<void> TargetList::add(std::string_view text)
{
    const Result<Range> range = parse_range(text);
    if (range) {
        entries_.emplace_back(*range);
    } else if (text.find_first_of(":/") != std::string_view::npos) {
        return range.error();
    } else {
        const std::optional<std::string> glob = name_of(text, true);
        const bool digits = text.find_first_of("0123456789") != std::string_view::npos &&
                            text.find_first_not_of("0123456789.*-") == std::string_view::npos;
        if (!glob || digits || ends_in_a_number(*glob))
            return Error{"", shown(text) + " is neither an address, a CIDR range nor a glob of host names",
                         "e.g. 192.0.2.0/24, 2001:db8::/32, www.example.org or *.example.org"};
        entries_.emplace_back(*glob);
    }
    return {};
}

std::optional<std::size_t> TargetList::find(const Target &target, bool or_inside) const
{
    const auto *address = std::get_if<Address>(&target);
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto &entry) {
        if (const auto *range = std::get_if<Range>(&entry))
            return address != nullptr && range->contains(*address, or_inside);
        return address == nullptr && glob_matches(std::get<std::string>(entry), std::get<std::string>(target));
    });
    if (found == entries_.end())
        return std::nullopt;
    return static_cast<std::size_t>(found - entries_.begin());
}

bool glob_matches(std::string_view glob, std::string_view text)
{
    std::size_t g = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos; // the last one seen, and how much of the text it has taken
    std::size_t taken = 0;
    while (t < text.size()) {
        if (g < glob.size() && glob[g] == '*') {
            star = g++;
            taken = t;
        } else if (g < glob.size() && glob[g] == text[t]) {
            ++g;
            ++t;
        } else if (star != std::string_view::npos) {
            g = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    return glob.find_first_not_of('*', g) == std::string_view::npos;
}

} // namespace sonde::policy
