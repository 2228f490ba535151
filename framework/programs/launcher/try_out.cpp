#include "programs/launcher/front.hpp"

#include "confine/confinement.hpp"
#include "confine/runner.hpp"
#include "frames/privileges.hpp"

#include <algorithm>
#include <cstdint>
#include <fcntl.h>
#include <utility>

// What this system gives, found by doing it.
namespace sonde::launcher {

using namespace sonde::frames;

namespace {

constexpr std::chrono::seconds kTrialsApart{1};

struct Trial {
    const char *name;
    SocketKind kind;
    std::uint8_t family;
};

constexpr Trial kTrials[] = {
    {"icmp 4", SocketKind::icmp, 4}, {"icmp 6", SocketKind::icmp, 6}, {"capture", SocketKind::capture, 0}};

bool names(const std::vector<Missing> &layers, const std::string &layer)
{
    return std::any_of(layers.begin(), layers.end(), [&](const Missing &each) { return each.what == layer; });
}

} // namespace

void Front::try_out()
{
    tried_ = std::chrono::steady_clock::now();
    greeting_.sockets.clear();
    if (settings_->attended) {
        log_->warn("isolation off reason=attended-by-a-developer");
        greeting_.layers = {{"all", "attended by a developer"}};
        return;
    }
    if (confine::is_sanitized())
        log_->warn("isolation incomplete reason=built-with-a-sanitizer");
    const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int plugin = nothing.get();
    auto answer = monitor_.ask(StartRunner{kNoRunner, "/dev/null", Purpose::run, kPrivileges}, std::span(&plugin, 1));
    if (const auto *error = std::get_if<LauncherError>(&answer.message)) {
        log_->error("no runner can be started error={}", quoted(error->text));
        greeting_.layers = {{"runner", error->text}};
        for (const Trial &each : kTrials)
            greeting_.sockets.push_back({each.name, error->text});
        return;
    }
    tell_missing(std::move(std::get<RunnerMade>(answer.message).layers));
    for (const Trial &each : kTrials) {
        const auto opened = monitor_.ask(OpenSockets{0, kNoRunner, each.kind, each.family, 1, "", {}, {}});
        if (const auto *error = std::get_if<LauncherError>(&opened.message))
            greeting_.sockets.push_back({each.name, error->text});
    }
    monitor_.stop(kNoRunner);
    monitor_.await_end(kNoRunner);
}

bool Front::tell_missing(std::vector<Missing> layers)
{
    for (Missing &each : layers)
        if (each.what == confine::kGroupLayer && settings_->group.empty())
            each.reason = settings_->why_no_group;
    const auto told = std::exchange(greeting_.layers, std::move(layers));
    for (const Missing &each : greeting_.layers)
        if (!names(told, each.what))
            log_->warn("isolation incomplete missing={} reason={}", quoted(each.what), quoted(each.reason));
    for (const Missing &each : told)
        if (!names(greeting_.layers, each.what))
            log_->info("isolation has again layer={}", quoted(each.what));
    return greeting_.layers != told;
}

// A runner is started for it, so that an agent which asks on and on gets no more of them than this.
void Front::handle(const Greet &)
{
    if (!settings_->attended && std::chrono::steady_clock::now() - tried_ >= kTrialsApart)
        try_out();
    send(greeting_);
}

} // namespace sonde::launcher
