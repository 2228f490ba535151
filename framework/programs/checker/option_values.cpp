#include "programs/checker/option_values.hpp"

#include "plugin_host/option_value.hpp"
#include "plugin_host/options.hpp"
#include "plugin_host/text.hpp"

#include <algorithm>
#include <cstdio>

namespace sonde::checker {

namespace {

constexpr std::int64_t kLengthMax = 4096; // of an option's text

std::int64_t number(const std::optional<std::string> &text, std::int64_t otherwise)
{
    const auto read = plugin_host::parse_size(text.value_or(""));
    return read ? *read : otherwise;
}

std::string repeated(const std::string &part, std::int64_t bytes)
{
    std::string text;
    while (static_cast<std::int64_t>(text.size() + part.size()) <= bytes)
        text += part;
    text.resize(static_cast<std::size_t>(bytes), 'x');
    return text;
}

std::vector<std::string> strings(const frames::OptionDescription &option)
{
    const std::int64_t least = std::clamp<std::int64_t>(number(option.minimum, 0), 0, kLengthMax);
    const std::int64_t most = std::clamp<std::int64_t>(number(option.maximum, kLengthMax), least, kLengthMax);
    return {repeated("x", least),   repeated("x", most),   repeated("\xc3\xbc", most),
            repeated("%s%n", most), repeated("../", most), repeated(" ", std::max<std::int64_t>(least, 1))};
}

std::vector<std::string> urls(std::uint16_t port)
{
    const std::string here = "127.0.0.1:" + std::to_string(port);
    return {"http://" + here,
            "http://" + here + "/" + std::string(3000, 'x'),
            "http://[::1]:" + std::to_string(port) + "/",
            "http://user:word@" + here + "/?q#f",
            "https://" + here + "/",
            "ftp://" + here + "/",
            "http://127.0.0.1:1/"};
}

std::string joined(const std::vector<std::string> &items)
{
    std::string text;
    for (const std::string &item : items)
        text += (text.empty() ? "" : ",") + item;
    return text;
}

// Of one item.
std::vector<std::string> candidates(const frames::OptionDescription &option, const Surroundings &around)
{
    std::vector<std::string> texts;
    if (option.type != SONDE_STRING)
        for (const auto *bound : {&option.minimum, &option.maximum})
            if (*bound)
                texts.push_back(**bound);
    const auto more = [&](std::vector<std::string> others) { texts.insert(texts.end(), others.begin(), others.end()); };
    switch (option.type) {
    case SONDE_BOOL:
        more({"true", "false"});
        break;
    case SONDE_ENUM:
        more(option.words);
        break;
    case SONDE_INT:
        more({"0", "-9223372036854775808", "9223372036854775807"});
        break;
    case SONDE_DOUBLE:
        more({"0", "-1.7976931348623157e308", "1.7976931348623157e308", "5e-324"});
        break;
    case SONDE_DURATION:
        more({"0s", "1ns", "9223372036s"});
        break;
    case SONDE_PORT:
        more({"1", "65535"});
        break;
    case SONDE_STRING:
        more(strings(option));
        break;
    case SONDE_HOST:
    case SONDE_ADDRESS:
        more({"::1", "0.0.0.0"});
        if (around.isolated)
            more({"255.255.255.255", "224.0.0.1", "ff02::1", "2001:db8::1"});
        break;
    case SONDE_URL:
        more(urls(around.port));
        break;
    default:
        break;
    }
    return texts;
}

template <class T>
T between(T least, T most, std::mt19937_64 &random)
{
    return std::uniform_int_distribution<T>(least, most)(random);
}

std::string random_text(const frames::OptionDescription &option, std::mt19937_64 &random)
{
    const std::int64_t least = std::clamp<std::int64_t>(number(option.minimum, 0), 0, kLengthMax);
    const std::int64_t most = std::clamp<std::int64_t>(number(option.maximum, 64), least, kLengthMax);
    std::string text;
    for (std::int64_t left = between(least, most, random); left > 0; --left)
        text += static_cast<char>(between(0x20, 0x7e, random));
    // A comma would make two of one.
    std::replace(text.begin(), text.end(), ',', '.');
    return text;
}

} // namespace

std::vector<std::string> boundary_values(const frames::OptionDescription &option, const Surroundings &around)
{
    std::vector<std::string> texts = candidates(option, around);
    if (option.list) {
        std::vector<std::string> taken;
        std::copy_if(texts.begin(), texts.end(), std::back_inserter(taken), [&](const std::string &text) {
            return text.find(',') == text.npos && plugin_host::read_value(option, text);
        });
        texts = taken;
        if (taken.size() > 1 && option.type != SONDE_STRING)
            texts.push_back(joined(taken));
        if (!taken.empty())
            texts.push_back(joined(std::vector<std::string>(40, taken.front().substr(0, 60))));
    }
    std::vector<std::string> valid;
    for (const std::string &text : texts)
        if (plugin_host::read_value(option, text) && std::find(valid.begin(), valid.end(), text) == valid.end())
            valid.push_back(text);
    return valid;
}

std::string random_value(const frames::OptionDescription &option, const Surroundings &around, std::mt19937_64 &random)
{
    std::string text;
    if (option.type == SONDE_STRING) {
        text = random_text(option, random);
    } else if (option.type == SONDE_INT) {
        const std::int64_t least = number(option.minimum, -1'000'000);
        text = std::to_string(between(least, std::max(least, number(option.maximum, 1'000'000)), random));
    } else if (option.type == SONDE_DURATION) {
        const auto least = plugin_host::parse_duration(option.minimum.value_or(""));
        const auto most = plugin_host::parse_duration(option.maximum.value_or(""));
        const std::int64_t from = least ? *least : 0;
        text = plugin_host::duration_text(between(from, std::max(from, most ? *most : 3'600'000'000'000), random));
    } else if (option.type == SONDE_PORT) {
        text = std::to_string(between(1, 65535, random));
    } else if (const auto texts = candidates(option, around); !texts.empty()) {
        text = texts[between<std::size_t>(0, texts.size() - 1, random)];
    }
    return plugin_host::read_value(option, text) ? text : "";
}

} // namespace sonde::checker
