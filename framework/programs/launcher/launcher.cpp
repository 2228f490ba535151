#include "programs/launcher/launcher.hpp"

#include "frames/privileges.hpp"
#include "programs/launcher/attended.hpp"
#include "programs/launcher/listen.hpp"
#include "programs/launcher/plugin_file.hpp"
#include "programs/launcher/request.hpp"
#include "programs/launcher/strays.hpp"
#include "sockets/open_sockets.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace sonde::launcher {

namespace {

using namespace sonde::frames;

// An agent that does not read for so long is as good as gone.
constexpr timeval kSendTimeMax{5, 0};

enum class Writer {
    never_waits, // what nobody has read when the pipe is full is lost
    waits,
};

std::pair<Descriptor, Descriptor> make_output(Writer writer)
{
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC | (writer == Writer::never_waits ? O_NONBLOCK : 0)) != 0)
        return {};
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Descriptor watch_signals()
{
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT})
        ::sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    return Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

} // namespace

Launcher::Launcher(Settings settings, Descriptor agent, Log &log)
    : settings_(std::move(settings)), log_(&log), confinement_(settings_.readable), signals_(watch_signals()),
      agent_(std::move(agent))
{
}

Result<Launcher> Launcher::make(Settings settings, Descriptor agent, Log &log)
{
    Launcher launcher(std::move(settings), std::move(agent), log);
    launcher.executable_.reset(::open(launcher.settings_.runner.c_str(), O_PATH | O_CLOEXEC));
    if (!launcher.executable_)
        return Error{launcher.settings_.runner, std::strerror(errno), ""};
    adopt_strays();
    // Before it listens: else who connects might wait for a child that still has the socket of a launcher that is gone.
    launcher.try_out();
    if (!launcher.settings_.listen_path.empty()) {
        auto listener = listen_at(launcher.settings_.listen_path, launcher.settings_.agent_user);
        if (!listener)
            return listener.error();
        launcher.listener_ = std::move(*listener);
    }
    if (launcher.agent_)
        launcher.send(launcher.greeting_);
    return launcher;
}

void Launcher::run()
{
    bool serving = true;
    while (serving && (agent_ || listener_)) {
        pollfd waits[] = {{signals_.get(), POLLIN, 0}, {agent_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
        if (::poll(waits, std::size(waits), -1) < 0)
            continue;
        if (waits[0].revents != 0)
            serving = take_signals();
        if (waits[1].revents != 0)
            receive();
        if (waits[2].revents != 0)
            accept_agent();
    }
    end_agent("the launcher ends");
    if (listener_)
        ::unlink(settings_.listen_path.c_str());
}

void Launcher::accept_agent()
{
    Descriptor agent(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!agent)
        return;
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(agent.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
        (peer.uid != settings_.agent_user && peer.uid != ::geteuid())) {
        log_->warn("connection refused uid={} pid={} reason=not-the-agent", peer.uid, peer.pid);
        return;
    }
    if (agent_) {
        log_->info("connection answered uid={} pid={} reason=an-agent-is-connected", peer.uid, peer.pid);
        Greeting greeting = greeting_;
        greeting.busy = true;
        if (const auto frame = encode(LauncherToAgent(greeting)))
            (void)frames::send(agent.get(), *frame, {}, MSG_DONTWAIT);
        return;
    }
    log_->info("agent connected uid={} pid={}", peer.uid, peer.pid);
    agent_ = std::move(agent);
    send(greeting_);
}

void Launcher::receive()
{
    const Result<Received> received = frames::receive(agent_.get(), buffer_, 0, MSG_DONTWAIT);
    if (received && received->transfer == Transfer::would_block)
        return;
    if (!received || received->transfer == Transfer::gone) {
        end_agent(received ? "it closed its socket" : "it sent descriptors or an overlong packet");
        return;
    }
    const Result<AgentToLauncher> message = decode<AgentToLauncher>(received->frame);
    if (!message) {
        log_->warn("bad frame from the agent error={}", quoted(to_string(message.error())));
        end_agent("it sent a bad frame");
        return;
    }
    std::visit([this](const auto &m) { handle(m); }, *message);
}

Result<RunnerUser> Launcher::free_user()
{
    if (::geteuid() != 0 || settings_.attended)
        return RunnerUser();
    return RunnerUser::take(settings_.uid_base, kUids, next_uid_);
}

Group Launcher::make_group(std::uint64_t runner)
{
    if (settings_.group.empty())
        return {};
    Result<Group> group = Group::make(settings_.group, std::to_string(::getpid()) + "-" + std::to_string(runner));
    if (group)
        return std::move(*group);
    log_->error("no control group for a runner error={}", quoted(to_string(group.error())));
    return {};
}

std::variant<confine::Spawned, LauncherError> Launcher::start(const StartRunner &request, confine::Makings makings)
{
    if (settings_.attended)
        return start_attended(request, settings_.runner, settings_.tool, settings_.terminal);
    makings.runner = executable_.get();
    makings.by_path = !listener_;
    return confine::start_runner(request, makings, confinement_);
}

void Launcher::handle(const StartRunner &asked)
{
    StartRunner request = asked;
    request.strict = request.strict || settings_.strict;
    if (runners_.contains(request.runner)) {
        send(LauncherError{request.runner, EEXIST, "the runner's id is taken"});
        return;
    }
    if (const auto refused = refusal(request)) {
        log_->warn("runner refused plugin={} reason={}", quoted(request.plugin), quoted(refused->text));
        send(*refused);
        return;
    }
    const PluginOwner owner = listener_ ? PluginOwner::trusted : PluginOwner::anybody;
    Result<Descriptor> plugin = open_plugin(request.plugin, owner);
    if (!plugin) {
        const std::string why = to_string(plugin.error());
        log_->warn("plugin refused plugin={} reason={}", quoted(request.plugin), quoted(why));
        send(PluginRefused{request.runner, why});
        return;
    }
    // By path a debugger finds it; a daemon's runners load what nobody changes any more.
    if (owner == PluginOwner::trusted)
        plugin = copy_plugin(plugin->get(), request.plugin);
    if (!plugin) {
        log_->error("plugin not copied plugin={} error={}", quoted(request.plugin), quoted(to_string(plugin.error())));
        send(LauncherError{request.runner, EIO, to_string(plugin.error())});
        return;
    }
    Result<RunnerUser> user = free_user();
    if (!user) {
        log_->error("no user for a runner error={}", quoted(to_string(user.error())));
        send(LauncherError{request.runner, EAGAIN, to_string(user.error())});
        return;
    }
    const uid_t uid = user->uid();
    Group group = make_group(request.runner);
    std::pair<Descriptor, Descriptor> output;
    // A developer reads all of it; what is attended has the terminal.
    if (!settings_.attended)
        output = make_output(listener_ ? Writer::never_waits : Writer::waits);
    if (!settings_.attended && !output.first) {
        log_->error("no pipe for a runner reason={}", quoted(std::strerror(errno)));
        send(LauncherError{request.runner, EAGAIN, "no pipe is free for what the plugin prints"});
        return;
    }
    auto outcome = start(request, {-1, plugin->get(), false, uid, group.entrance(), output.second.get()});
    if (const auto *error = std::get_if<LauncherError>(&outcome)) {
        log_->warn("runner not started plugin={} error={}", quoted(request.plugin), quoted(error->text));
        send(*error);
        return;
    }
    const auto &started = std::get<confine::Spawned>(outcome);
    // Before anything is sent: an agent that is gone by then takes its runners with it.
    runners_[request.runner] = {request, started.pid, std::move(*user), std::move(group)};
    log_->info("runner started runner={} pid={} uid={} plugin={} privileges={}", request.runner, started.pid, uid,
               quoted(request.plugin), quoted(frames::privilege_text(request.privileges)));
    if (tell_missing(started.missing))
        send(greeting_);
    const int descriptors[] = {started.control.get(), plugin->get(), output.first.get()};
    send(RunnerStarted{request.runner, started.pid}, std::span(descriptors).first(output.first ? 3 : 2));
}

void Launcher::handle(const StopRunner &request)
{
    if (const auto found = runners_.find(request.runner); found != runners_.end())
        kill_runner(found->second.pid);
}

void Launcher::handle(const OpenSockets &request)
{
    const auto runner = runners_.find(request.runner);
    if (runner == runners_.end()) {
        send(LauncherError{request.request, ESRCH, "no such runner"});
        return;
    }
    if (const auto refused = refusal(request, runner->second.asked)) {
        log_->warn("sockets refused runner={} plugin={} reason={}", request.runner, quoted(runner->second.asked.plugin),
                   quoted(refused->text));
        send(*refused);
        return;
    }
    sockets::Counters &counters = runner->second.counters;
    if (request.counter && !counters.have_room()) {
        const std::string why = "a runner has at most " + std::to_string(sockets::Counters::kMax) + " counters at once";
        log_->warn("counter refused runner={} plugin={} reason={}", request.runner, quoted(runner->second.asked.plugin),
                   quoted(why));
        send(LauncherError{request.request, EMFILE, why});
        return;
    }
    auto outcome = sockets::open_sockets(request, runner->second.user.uid());
    if (const auto *error = std::get_if<LauncherError>(&outcome)) {
        log_->warn("sockets not opened runner={} error={}", request.runner, quoted(error->text));
        send(*error);
        return;
    }
    std::vector<int> descriptors;
    for (const Descriptor &socket : std::get<0>(outcome))
        descriptors.push_back(socket.get());
    if (request.counter)
        counters.add(descriptors.back());
    send(SocketsOpened{request.request}, descriptors);
}

bool Launcher::take_signals()
{
    bool serving = true;
    signalfd_siginfo info;
    while (::read(signals_.get(), &info, sizeof info) == sizeof info)
        // At a debugger's terminal Ctrl-C is the debugger's.
        serving = serving && (info.ssi_signo == SIGCHLD || (info.ssi_signo == SIGINT && settings_.terminal));
    reap();
    return serving;
}

void Launcher::reap()
{
    // Looked at before it is reaped: until then nobody else can have its pid, so the signals reach nobody else.
    for (siginfo_t info{}; ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0; info = {}) {
        const pid_t pid = info.si_pid;
        const auto found =
            std::find_if(runners_.begin(), runners_.end(), [&](const auto &entry) { return entry.second.pid == pid; });
        if (found == runners_.end()) {
            ::waitpid(pid, nullptr, 0);
            continue;
        }
        const std::uint64_t id = found->first;
        const int status = end(std::move(runners_.extract(found).mapped()));
        log_->info("runner ended runner={} pid={} wait_status={}", id, pid, status);
        send(RunnerEnded{id, status});
    }
}

int Launcher::end(Runner runner)
{
    kill_runner(runner.pid);
    int status = 0;
    ::waitpid(runner.pid, &status, 0);
    const uid_t uid = runner.user.uid();
    if (uid != 0 && !end_strays(uid))
        log_->warn("what a runner left was not found and ended one by one, so all processes of its user were killed "
                   "pid={} uid={}",
                   runner.pid, uid);
    return status;
}

void Launcher::end_agent(const char *reason)
{
    if (agent_)
        log_->info("agent gone reason={} runners={}", quoted(reason), runners_.size());
    agent_.reset();
    while (!runners_.empty())
        end(std::move(runners_.extract(runners_.begin()).mapped()));
}

void Launcher::send(const LauncherToAgent &message, std::span<const int> descriptors)
{
    if (!agent_)
        return;
    ::setsockopt(agent_.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendTimeMax, sizeof kSendTimeMax);
    const Result<Frame> frame = encode(message);
    const Result<Transfer> sent = frame ? frames::send(agent_.get(), *frame, descriptors) : frame.error();
    if (!sent || *sent != Transfer::done)
        end_agent("it does not read");
}

} // namespace sonde::launcher
