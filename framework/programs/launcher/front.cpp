#include "programs/launcher/front.hpp"

#include "frames/privileges.hpp"
#include "programs/launcher/monitor/request.hpp"
#include "programs/launcher/plugin_file.hpp"
#include "sockets/prepare_sockets.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace sonde::launcher {

using namespace sonde::frames;

namespace {

// An agent that does not read for so long is as good as gone.
constexpr timeval kAgentTimeMax{5, 0};

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

} // namespace

Front::Front(const Settings &settings, uid_t own, Descriptor monitor, Descriptor agent, Descriptor listener, Log &log)
    : settings_(&settings), own_(own), log_(&log), monitor_(std::move(monitor)), agent_(std::move(agent)),
      listener_(std::move(listener))
{
}

void Front::serve()
{
    try_out();
    send(greeting_);
    while (agent_ || listener_) {
        pollfd waits[] = {{monitor_.descriptor(), POLLIN, 0}, {agent_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
        if (::poll(waits, std::size(waits), -1) < 0)
            continue;
        if (waits[0].revents != 0)
            monitor_.receive_end();
        tell_ends();
        if (waits[1].revents != 0 && agent_)
            receive();
        if (waits[2].revents != 0)
            accept_agent();
    }
}

void Front::accept_agent()
{
    Descriptor agent(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!agent)
        return;
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(agent.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
        (peer.uid != settings_->agent_user && peer.uid != own_)) {
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

void Front::receive()
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

Descriptor Front::open(const StartRunner &request)
{
    Result<Descriptor> plugin =
        open_plugin(request.plugin, settings_->is_daemon() ? std::optional(own_) : std::nullopt);
    if (!plugin) {
        const std::string why = to_string(plugin.error());
        log_->warn("plugin refused plugin={} reason={}", quoted(request.plugin), quoted(why));
        send(PluginRefused{request.runner, why});
        return {};
    }
    // By path a debugger finds it; a daemon's runners load what nobody changes any more.
    if (settings_->is_daemon())
        plugin = copy_plugin(plugin->get(), request.plugin);
    if (!plugin) {
        log_->error("plugin not copied plugin={} error={}", quoted(request.plugin), quoted(to_string(plugin.error())));
        send(LauncherError{request.runner, EIO, to_string(plugin.error())});
        return {};
    }
    return std::move(*plugin);
}

void Front::handle(const StartRunner &asked)
{
    StartRunner request = asked;
    request.strict = request.strict || settings_->strict;
    if (request.runner == kNoRunner || runners_.contains(request.runner))
        return send(LauncherError{request.runner, EEXIST, "the runner's id is taken"});
    if (const auto refused = refusal(request)) {
        log_->warn("runner refused plugin={} reason={}", quoted(request.plugin), quoted(refused->text));
        return send(*refused);
    }
    const Descriptor plugin = open(request);
    if (!plugin)
        return;
    std::pair<Descriptor, Descriptor> output;
    // A developer reads all of it; what is attended has the terminal.
    if (!settings_->attended)
        output = make_output(settings_->is_daemon() ? Writer::never_waits : Writer::waits);
    if (!settings_->attended && !output.first) {
        log_->error("no pipe for a runner reason={}", quoted(std::strerror(errno)));
        return send(LauncherError{request.runner, EAGAIN, "no pipe is free for what the plugin prints"});
    }
    const int makings[] = {plugin.get(), output.second.get()};
    auto answer = monitor_.ask(request, std::span(makings).first(output.second ? 2 : 1));
    if (const auto *error = std::get_if<LauncherError>(&answer.message)) {
        log_->warn("runner not started plugin={} error={}", quoted(request.plugin), quoted(error->text));
        return send(*error);
    }
    auto &made = std::get<RunnerMade>(answer.message);
    // Before anything is sent: an agent that is gone by then takes its runners with it.
    runners_[request.runner] = {request.plugin, made.pid};
    log_->info("runner started runner={} pid={} uid={} plugin={} privileges={}", request.runner, made.pid, made.uid,
               quoted(request.plugin), quoted(frames::privilege_text(request.privileges)));
    if (tell_missing(std::move(made.layers)))
        send(greeting_);
    const int descriptors[] = {answer.descriptors.at(0).get(), plugin.get(), output.first.get()};
    send(RunnerStarted{request.runner, made.pid}, std::span(descriptors).first(output.first ? 3 : 2));
}

void Front::handle(const StopRunner &request)
{
    monitor_.stop(request.runner);
}

void Front::refuse(const OpenSockets &request, const Runner &runner, const LauncherError &why)
{
    log_->warn("sockets not opened runner={} plugin={} error={}", request.runner, quoted(runner.plugin),
               quoted(why.text));
    send(why);
}

void Front::handle(const OpenSockets &request)
{
    const auto found = runners_.find(request.runner);
    if (found == runners_.end())
        return send(LauncherError{request.request, ESRCH, "no such runner"});
    Runner &runner = found->second;
    if (request.counter && !runner.counters.have_room())
        return refuse(request, runner,
                      {request.request, EMFILE,
                       "a runner has at most " + std::to_string(sockets::Counters::kMax) + " counters at once"});
    OpenSockets plain = request;
    plain.counter.reset();
    auto answer = monitor_.ask(plain);
    if (const auto *error = std::get_if<LauncherError>(&answer.message))
        return refuse(request, runner, *error);
    if (const auto error = sockets::prepare_sockets(answer.descriptors, request))
        return refuse(request, runner, *error);
    if (request.counter)
        runner.counters.add(answer.descriptors.front().get());
    std::vector<int> descriptors;
    for (const Descriptor &socket : answer.descriptors)
        descriptors.push_back(socket.get());
    send(SocketsOpened{request.request}, descriptors);
}

void Front::tell_ends()
{
    const auto ends = monitor_.take_ends();
    // All of them before any is told: an agent that is found gone takes along those that are left.
    for (const RunnerEnded &end : ends) {
        const auto runner = runners_.extract(end.runner);
        log_->info("runner ended runner={} pid={} wait_status={}", end.runner, runner ? runner.mapped().pid : 0,
                   end.wait_status);
    }
    for (const RunnerEnded &end : ends)
        deliver(end, {});
}

void Front::end_agent(const char *reason)
{
    if (agent_)
        log_->info("agent gone reason={} runners={}", quoted(reason), runners_.size());
    agent_.reset();
    for (const auto &[runner, about] : runners_) {
        monitor_.stop(runner);
        // Else both might wait for each other to read, if there are very many.
        monitor_.receive_end();
    }
    for (const auto &[runner, about] : std::exchange(runners_, {}))
        monitor_.await_end(runner);
}

void Front::send(const LauncherToAgent &message, std::span<const int> descriptors)
{
    tell_ends();
    deliver(message, descriptors);
}

void Front::deliver(const LauncherToAgent &message, std::span<const int> descriptors)
{
    if (!agent_)
        return;
    ::setsockopt(agent_.get(), SOL_SOCKET, SO_SNDTIMEO, &kAgentTimeMax, sizeof kAgentTimeMax);
    const Result<Frame> frame = encode(message);
    const Result<Transfer> sent = frame ? frames::send(agent_.get(), *frame, descriptors) : frame.error();
    if (!sent || *sent != Transfer::done)
        end_agent("it does not read");
}

} // namespace sonde::launcher
