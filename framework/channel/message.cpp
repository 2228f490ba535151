#include "channel/message.hpp"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace sonde::channel {

namespace {

bool same_word(std::string_view a, std::string_view b)
{
    return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The elements of a comma-separated field value, whose quoted strings hold no commas in the fields we read.
template <class Visit>
void for_each_element(std::string_view list, Visit visit)
{
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        visit(trimmed(list.substr(0, comma)));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
}

} // namespace

std::optional<std::string_view> Headers::get(std::string_view name) const
{
    for (const auto &[field, value] : fields_)
        if (same_word(field, name))
            return value;
    return std::nullopt;
}

void Headers::set(std::string_view name, std::string value)
{
    std::erase_if(fields_, [&](const auto &field) { return same_word(field.first, name); });
    add(std::string(name), std::move(value));
}

std::optional<std::string_view> Request::query_value(std::string_view name) const
{
    for (const auto &[key, value] : query)
        if (key == name)
            return value;
    return std::nullopt;
}

std::chrono::seconds preferred_wait(const Headers &headers, std::chrono::seconds longest)
{
    std::chrono::seconds wait{0};
    for (const auto &[name, value] : headers) {
        if (!same_word(name, "Prefer"))
            continue;
        for_each_element(value, [&](std::string_view preference) {
            if (preference.size() < 6 || !same_word(preference.substr(0, 5), "wait="))
                return;
            preference.remove_prefix(5);
            std::int64_t seconds = 0;
            const char *last = preference.data() + preference.size();
            const auto [end, error] = std::from_chars(preference.data(), last, seconds);
            if (error == std::errc{} && end == last && seconds > 0)
                wait = std::min(std::chrono::seconds{seconds}, longest);
        });
    }
    return wait;
}

std::optional<std::string> entity_tag(std::string_view field)
{
    field = trimmed(field);
    if (field.starts_with("W/"))
        field.remove_prefix(2);
    if (field.size() < 3 || field.size() > kEntityTagBytesMax + 2 || field.front() != '"' || field.back() != '"')
        return std::nullopt;
    const auto tag = field.substr(1, field.size() - 2);
    if (!std::all_of(tag.begin(), tag.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '"'; }))
        return std::nullopt;
    return std::string(tag);
}

bool none_match_hits(const Headers &headers, std::string_view etag)
{
    const auto field = headers.get("If-None-Match");
    if (!field)
        return false;
    bool hit = trimmed(*field) == "*";
    // The comparison is weak (RFC 9110 section 13.1.2), so a W/ on either side is ignored.
    const auto strong = [](std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; };
    for_each_element(*field, [&](std::string_view candidate) { hit |= strong(candidate) == strong(etag); });
    return hit;
}

} // namespace sonde::channel
