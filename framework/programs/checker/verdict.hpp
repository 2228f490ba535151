#pragma once

#include <string>

namespace sonde::checker {

enum class Status { pass, warning, fail, crash, skipped };

// What a rule says of a plugin: one sentence for its author, without the plugin's name.
struct Verdict {
    Status status;
    std::string text;
};

inline Verdict pass(std::string text)
{
    return {Status::pass, std::move(text)};
}
inline Verdict warning(std::string text)
{
    return {Status::warning, std::move(text)};
}
inline Verdict fail(std::string text)
{
    return {Status::fail, std::move(text)};
}
// The plugin's code ended its process.
inline Verdict crash(std::string text)
{
    return {Status::crash, std::move(text)};
}
// The rule has nothing to judge by; the text says what is missing.
inline Verdict skipped(std::string text)
{
    return {Status::skipped, std::move(text)};
}

// "pass", "warning", ...
const char *to_string(Status status);

} // namespace sonde::checker
