#include "programs/launcher/launcher.hpp"
#include "sockets/open_sockets.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <tuple>
#include <utility>

// What this system gives, found by doing it.
namespace sonde::launcher {

using namespace sonde::frames;

namespace {

// No agent's runner has it: theirs are numbered from 1.
constexpr std::uint64_t kNoRunner = 0;
constexpr std::chrono::seconds kTrialsApart{1};

bool names(const std::vector<frames::Missing> &layers, const std::string &layer)
{
    return std::any_of(layers.begin(), layers.end(), [&](const frames::Missing &each) { return each.what == layer; });
}

} // namespace

void Launcher::try_out()
{
    tried_ = std::chrono::steady_clock::now();
    greeting_.sockets.clear();
    if (settings_.attended) {
        log_->warn("isolation off reason=attended-by-a-developer");
        greeting_.layers = {{"all", "attended by a developer"}};
        return;
    }
    if (confine::is_sanitized())
        log_->warn("isolation incomplete reason=built-with-a-sanitizer");
    Result<RunnerUser> found = free_user();
    RunnerUser user = found ? std::move(*found) : RunnerUser();
    const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Group group = make_group(kNoRunner);
    const StartRunner trial{kNoRunner, "/dev/null"};
    const confine::Makings makings{executable_.get(), nothing.get(), false, user.uid(), group.entrance(), -1};
    const auto outcome = confine::start_runner(trial, makings, confinement_);
    if (const auto *error = std::get_if<LauncherError>(&outcome)) {
        log_->error("no runner can be started error={}", quoted(error->text));
        greeting_.layers = {{"runner", error->text}};
    } else {
        const auto &started = std::get<confine::Spawned>(outcome);
        tell_missing(started.missing);
        end({trial, started.pid, std::move(user), std::move(group)});
    }
    for (const auto &[kind, family, name] :
         {std::tuple(SocketKind::icmp, 4, "icmp 4"), std::tuple(SocketKind::icmp, 6, "icmp 6"),
          std::tuple(SocketKind::capture, 0, "capture")}) {
        const OpenSockets request{0, kNoRunner, kind, static_cast<std::uint8_t>(family), 1, "", {}, {}};
        const auto opened = sockets::open_sockets(request);
        if (const auto *error = std::get_if<LauncherError>(&opened))
            greeting_.sockets.push_back({name, error->text});
    }
}

bool Launcher::tell_missing(const std::vector<confine::Missing> &layers)
{
    std::vector<frames::Missing> found;
    for (const auto &[layer, error] : layers) {
        const bool not_given = layer == confine::kGroupLayer && settings_.group.empty();
        found.push_back({layer, not_given ? settings_.why_no_group : std::strerror(error)});
    }
    const auto told = std::exchange(greeting_.layers, std::move(found));
    for (const frames::Missing &each : greeting_.layers)
        if (!names(told, each.what))
            log_->warn("isolation incomplete missing={} reason={}", quoted(each.what), quoted(each.reason));
    for (const frames::Missing &each : told)
        if (!names(greeting_.layers, each.what))
            log_->info("isolation has again layer={}", quoted(each.what));
    return greeting_.layers != told;
}

// A runner is started for it, so that an agent which asks on and on gets no more of them than this.
void Launcher::handle(const Greet &)
{
    if (!settings_.attended && std::chrono::steady_clock::now() - tried_ >= kTrialsApart)
        try_out();
    send(greeting_);
}

} // namespace sonde::launcher
