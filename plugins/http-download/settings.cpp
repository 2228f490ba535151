#include "settings.hpp"

#include <sonde/plugin.hpp>

namespace sonde::http_download {

Settings read_settings(const sonde_invocation &in, Direction direction)
{
    const plugin::Options options(in);
    Settings settings;
    settings.direction = direction;
    settings.url_text = options.text(OptionAt::url);
    auto url = parse_url(settings.url_text);
    if (const auto *complaint = std::get_if<Complaint>(&url))
        throw plugin::Failure{kBadOption, complaint->text};
    settings.url = std::get<Url>(std::move(url));
    settings.streams = static_cast<std::uint32_t>(options.integer(OptionAt::streams));
    settings.max_streams = static_cast<std::uint32_t>(options.integer(OptionAt::max_streams));
    settings.responsiveness = options.boolean(OptionAt::responsiveness);
    settings.duration = options.integer(OptionAt::duration);
    if (options.given(OptionAt::bytes))
        settings.bytes = static_cast<std::uint64_t>(options.integer(OptionAt::bytes));
    settings.warm_up = options.integer(OptionAt::warm_up);
    settings.ca = options.text(OptionAt::ca);
    settings.limit = static_cast<std::uint64_t>(options.integer(OptionAt::limit));
    settings.timeout = options.integer(OptionAt::timeout);
    if (in.interface_name != nullptr)
        settings.interface_name = in.interface_name;
    return settings;
}

} // namespace sonde::http_download
