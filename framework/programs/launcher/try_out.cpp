#include "programs/launcher/launcher.hpp"
#include "programs/launcher/start.hpp"
#include "sockets/open_sockets.hpp"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <sys/wait.h>
#include <tuple>

// What this system gives, found by doing it.
namespace sonde::launcher {

using namespace sonde::frames;

namespace {

// No agent's runner has it: theirs are numbered from 1.
constexpr std::uint64_t kNoRunner = 0;

} // namespace

void Launcher::try_out()
{
    if (settings_.attended) {
        log_->warn("isolation off reason=attended-by-a-developer");
        greeting_.layers.push_back({"all", "attended by a developer"});
        return;
    }
    if (is_sanitized())
        log_->warn("isolation incomplete reason=built-with-a-sanitizer");
    const Result<RunnerUser> user = free_user();
    const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Group group = make_group(kNoRunner);
    const StartRunner trial{kNoRunner, "/dev/null"};
    const uid_t uid = user ? user->uid() : 0;
    const Makings makings{executable_.get(), nothing.get(), false, uid, group.entrance(), -1};
    const auto outcome = start_runner(trial, makings, confinement_);
    if (const auto *error = std::get_if<LauncherError>(&outcome)) {
        log_->error("no runner can be started error={}", quoted(error->text));
        greeting_.layers.push_back({"runner", error->text});
    } else {
        const auto &started = std::get<Spawned>(outcome);
        tell_missing(started.missing);
        kill_runner(started.pid, uid);
        ::waitpid(started.pid, nullptr, 0);
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

void Launcher::tell_missing(const std::vector<Missing> &layers)
{
    for (const auto &[layer, error] : layers) {
        const bool not_given = layer == kGroupLayer && settings_.group.empty();
        const std::string reason = not_given ? "--cgroup is not given" : std::strerror(error);
        const auto is_this = [&](const frames::Missing &told) { return told.what == layer; };
        if (std::any_of(greeting_.layers.begin(), greeting_.layers.end(), is_this))
            continue;
        greeting_.layers.push_back({layer, reason});
        log_->warn("isolation incomplete missing={} reason={}", quoted(layer), quoted(reason));
    }
}

} // namespace sonde::launcher
