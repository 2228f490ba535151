#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>

namespace sonde {

Result<std::shared_ptr<Log>> make_log(const std::string &program, std::string_view level)
{
    static constexpr std::pair<std::string_view, spdlog::level::level_enum> levels[] = {
        {"error", spdlog::level::err},
        {"warning", spdlog::level::warn},
        {"info", spdlog::level::info},
        {"debug", spdlog::level::debug},
    };
    const auto *found = std::find_if(std::begin(levels), std::end(levels), [&](auto &l) { return l.first == level; });
    if (found == std::end(levels))
        return Error{"--log", "no log level '" + std::string(level) + "'", "error, warning, info or debug"};
    auto log = std::make_shared<Log>(program, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %n %v", spdlog::pattern_time_type::utc);
    log->set_level(found->second);
    log->flush_on(spdlog::level::debug);
    return log;
}

std::string Quoted::operator()(std::string_view value) const
{
    const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
        return c > 0x20 && c != 0x7f && c != '"' && c != '\\' && c != '=';
    });
    if (plain)
        return std::string(value);
    std::string text = "\"";
    for (unsigned char c : value) {
        if (c == '"' || c == '\\') {
            text += '\\';
            text += static_cast<char>(c);
        } else if (c < 0x20 || c == 0x7f) {
            static constexpr char digits[] = "0123456789abcdef";
            text += "\\x";
            text += digits[c >> 4];
            text += digits[c & 15];
        } else {
            text += static_cast<char>(c);
        }
    }
    return text + '"';
}

} // namespace sonde
