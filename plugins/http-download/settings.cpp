#include "settings.hpp"

#include <sonde/address.hpp>
#include <sonde/plugin.hpp>

#include <string>
#include <utility>

namespace sonde::http_download {
namespace {

void check(const Settings &settings, const sonde_invocation &in)
{
    const auto refuse = [](std::string why) { throw plugin::Failure{kBadOption, std::move(why)}; };
    const std::string &ca = settings.ca;
    if (const std::string contradiction = plugin::against_family(in, settings.url.host); !contradiction.empty())
        refuse("the URL's host " + settings.url.host + ": " + contradiction);
    if (!ca.empty() && !settings.url.tls)
        refuse("ca is for an https URL; over http no certificate is looked at");
    if (!ca.empty() && ca.front() != '/')
        refuse("ca='" + ca + "' is not an absolute path, and a run has a working directory of its own");
    if (settings.max_streams != 0 && settings.max_streams < settings.streams)
        refuse("max_streams=" + std::to_string(settings.max_streams) +
               " is less than streams=" + std::to_string(settings.streams) + ", with which the run begins");
}

} // namespace

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
    check(settings, in);
    return settings;
}

} // namespace sonde::http_download
