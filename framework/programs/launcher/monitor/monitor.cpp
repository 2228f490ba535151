#include "programs/launcher/monitor/monitor.hpp"

#include "frames/text.hpp"
#include "programs/launcher/attended.hpp"
#include "programs/launcher/monitor/request.hpp"
#include "sockets/create_sockets.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace sonde::launcher {

using namespace sonde::frames;

namespace {

// A front that does not read for so long is as good as gone.
constexpr timeval kFrontTimeMax{10, 0};

Descriptor watch_signals()
{
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT})
        ::sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    return Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

// With its pid namespace if it has one, else with the process group that it leads.
void kill_runner(pid_t pid)
{
    ::kill(pid, SIGKILL);
    ::kill(-pid, SIGKILL);
}

} // namespace

Monitor::Monitor(const Settings &settings)
    : settings_(&settings), confinement_(settings.readable),
      executable_(::open(settings.runner.c_str(), O_PATH | O_CLOEXEC))
{
}

Result<Monitor> Monitor::make(const Settings &settings)
{
    Monitor monitor(settings);
    if (!monitor.executable_)
        return Error{settings.runner, std::strerror(errno), ""};
    monitor.signals_ = watch_signals();
    return monitor;
}

std::optional<int> Monitor::serve(pid_t front, Descriptor link)
{
    front_ = front;
    link_ = std::move(link);
    ::setsockopt(link_.get(), SOL_SOCKET, SO_SNDTIMEO, &kFrontTimeMax, sizeof kFrontTimeMax);
    bool serving = true;
    while (serving && link_) {
        pollfd waits[] = {{signals_.get(), POLLIN, 0}, {link_.get(), POLLIN, 0}};
        if (::poll(waits, std::size(waits), -1) < 0)
            continue;
        if (waits[0].revents != 0)
            serving = take_signals();
        if (waits[1].revents != 0)
            receive();
    }
    // First, so that the agent sees the launcher go before any runner; by its socket where it may not be killed.
    ::kill(front_, SIGKILL);
    link_.reset();
    int status = -1;
    ::waitpid(front_, &status, 0);
    while (!runners_.empty())
        end(std::move(runners_.extract(runners_.begin()).mapped()));
    return serving ? std::optional(status) : std::nullopt;
}

void Monitor::receive()
{
    const Result<Received> received = frames::receive(link_.get(), buffer_, 2, MSG_DONTWAIT);
    if (received && received->transfer == Transfer::would_block)
        return;
    const bool came = received && received->transfer == Transfer::done;
    const auto message = came ? decode<FrontToMonitor>(received->frame) : Error{};
    if (message)
        std::visit([&](const auto &m) { handle(m, received->descriptors); }, *message);
    else
        link_.reset();
}

void Monitor::handle(const StartRunner &request, const Descriptors &descriptors)
{
    if (runners_.contains(request.runner) || descriptors.empty())
        return send(LauncherError{request.runner, EINVAL, "the runner's id is taken, or it has no plugin"});
    if (const auto refused = refusal(request))
        return send(*refused);
    auto user = RunnerUser::take(*settings_, next_uid_);
    if (!user)
        return send(LauncherError{request.runner, EAGAIN, to_string(user.error())});
    const std::string name = std::to_string(::getpid()) + "-" + std::to_string(request.runner);
    auto group = settings_->group.empty() ? Result<Group>(Group()) : Group::make(settings_->group, name);
    const uid_t uid = user->uid();
    const confine::Makings makings{executable_.get(),
                                   descriptors[0].get(),
                                   !settings_->is_daemon(),
                                   uid,
                                   group ? group->entrance() : -1,
                                   descriptors.size() > 1 ? descriptors[1].get() : -1};
    auto outcome = settings_->attended
                       ? start_attended(request, settings_->runner, settings_->tool, settings_->terminal)
                       : confine::start_runner(request, makings, confinement_);
    if (const auto *error = std::get_if<LauncherError>(&outcome))
        return send(*error);
    const auto &spawned = std::get<confine::Spawned>(outcome);
    RunnerMade made{request.runner, spawned.pid, uid, {}};
    bool has_namespaces = true;
    for (const auto &[layer, error] : spawned.missing) {
        const std::string why =
            !group && layer == confine::kGroupLayer ? to_string(group.error()) : std::strerror(error);
        made.layers.push_back({layer, readable(why, kTextBytesMax)});
        has_namespaces = has_namespaces && layer != confine::kNamespaces;
    }
    runners_[request.runner] = {request, spawned.pid, std::move(*user), group ? std::move(*group) : Group(),
                                has_namespaces};
    const int control = spawned.control.get();
    send(made, std::span(&control, 1));
}

void Monitor::handle(const StopRunner &request, const Descriptors &)
{
    if (const auto found = runners_.find(request.runner); found != runners_.end())
        kill_runner(found->second.pid);
}

void Monitor::handle(const OpenSockets &request, const Descriptors &)
{
    const auto runner = runners_.find(request.runner);
    if (runner == runners_.end())
        return send(LauncherError{request.request, ESRCH, "no such runner"});
    if (const auto refused = refusal(request, runner->second.asked))
        return send(*refused);
    const auto outcome = sockets::create_sockets(request, runner->second.user.uid());
    if (const auto *error = std::get_if<LauncherError>(&outcome))
        return send(*error);
    std::vector<int> descriptors;
    for (const Descriptor &socket : std::get<Descriptors>(outcome))
        descriptors.push_back(socket.get());
    send(SocketsOpened{request.request}, descriptors);
}

bool Monitor::take_signals()
{
    bool serving = true;
    signalfd_siginfo info;
    while (::read(signals_.get(), &info, sizeof info) == sizeof info)
        // At a debugger's terminal Ctrl-C is the debugger's.
        serving = serving && (info.ssi_signo == SIGCHLD || (info.ssi_signo == SIGINT && settings_->terminal));
    reap();
    return serving;
}

void Monitor::reap()
{
    // Looked at before it is reaped: until then nobody else can have its pid, so the signals reach nobody else.
    for (siginfo_t info{}; ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0; info = {}) {
        const pid_t pid = info.si_pid;
        if (pid == front_)
            return link_.reset();
        const auto found =
            std::find_if(runners_.begin(), runners_.end(), [&](const auto &entry) { return entry.second.pid == pid; });
        if (found == runners_.end()) {
            ::waitpid(pid, nullptr, 0);
            continue;
        }
        const std::uint64_t id = found->first;
        // Its control group is gone, too, when this is told.
        const int status = end(std::move(runners_.extract(found).mapped()));
        send(RunnerEnded{id, status});
    }
}

int Monitor::end(Runner runner)
{
    kill_runner(runner.pid);
    int status = 0;
    ::waitpid(runner.pid, &status, 0);
    if (!runner.has_namespaces && runner.user.uid() != 0)
        runner.user.end_all();
    return status;
}

void Monitor::send(const MonitorToFront &message, std::span<const int> descriptors)
{
    const Result<Frame> frame = encode(message);
    const Result<Transfer> sent = frame && link_ ? frames::send(link_.get(), *frame, descriptors) : Error{};
    if (!sent || *sent != Transfer::done)
        link_.reset();
}

} // namespace sonde::launcher
