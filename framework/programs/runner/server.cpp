#include "programs/runner/server.hpp"

#include "frames/text.hpp"
#include "hosting/child.hpp"
#include "hosting/describe.hpp"
#include "hosting/elf.hpp"
#include "hosting/loaded_files.hpp"
#include "processes/children.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace sonde::runner {

using namespace sonde::frames;

namespace {

// When nothing has happened for so long, there is time for what a run would have to wait for: the process of the next
// one is made, and what is left of those before is looked for.
constexpr int kQuietMs = 1;
// So many of them may end before a run has come.
constexpr unsigned kAheadLostMax = 3;
// For one of them to say that it is ready, as long as a run's process has to say that it has begun.
constexpr std::chrono::milliseconds kReadyTimeout{1000};

Result<hosting::Library> load_here(const std::string &path)
{
    if (const Result<void> checked = hosting::check_plugin_file(path); !checked)
        return checked.error();
    return hosting::Library::load(path);
}

} // namespace

Server::Server(Descriptor control, Descriptor signals, std::string plugin, Manner manner)
    : control_(std::move(control)), signals_(std::move(signals)), plugin_(std::move(plugin)),
      here_(manner == Manner::here), described_(manner == Manner::described)
{
}

void Server::serve()
{
    while (!agent_gone_) {
        pollfd waits[] = {{control_.get(), POLLIN, 0},
                          {signals_.get(), POLLIN, 0},
                          {ahead_awaited_ ? handover_.get() : -1, POLLIN, 0}};
        const int ready = ::poll(waits, std::size(waits), patience());
        if (ready == 0)
            use_quiet();
        if (ready <= 0)
            continue;
        if (waits[2].revents != 0)
            take_word_of_ahead();
        if (waits[1].revents != 0)
            reap();
        if (waits[0].revents != 0)
            receive();
    }
    kill_all();
}

void Server::receive()
{
    Result<Received> received = frames::receive(control_.get(), buffer_, 2, MSG_DONTWAIT);
    if (received && received->transfer == Transfer::would_block)
        return;
    if (!received || received->transfer == Transfer::gone) {
        agent_gone_ = true;
        return;
    }
    asked_ = true;
    Result<AgentToRunner> message = decode<AgentToRunner>(received->frame);
    // The agent never sends nonsense; whoever does is none.
    if (!message) {
        agent_gone_ = true;
        return;
    }
    std::visit([&](const auto &m) { handle(m, *received); }, *message);
}

Result<void> Server::prepare()
{
    if ((here_ || (described_ && !cold_)) && !library_) {
        Result<hosting::Library> library = load_here(plugin_);
        if (!library)
            return library.error();
        Result<Description> description = hosting::describe(library->plugin());
        if (!description)
            return description.error();
        // An agent says so itself, by what it knows.
        if (!here_ && captures(*description))
            return Error{"", "captures, so that each run is to load it", ""};
        if (Result<void> kept = keep(std::move(*library)); !kept)
            return kept;
        description_ = std::move(*description);
    }
    if (!description_) {
        Result<Description> description = hosting::describe_apart(plugin_, &died_);
        if (!description)
            return description.error();
        description_ = std::move(*description);
        description_->cold = description_->cold || cold_;
    }
    if (!library_ && !runs_cold(*description_)) {
        Result<hosting::Library> library = hosting::Library::load(plugin_);
        if (!library)
            return library.error();
        if (Result<void> kept = keep(std::move(*library)); !kept)
            return kept;
    }
    if (description_->files.empty())
        description_->files = hosting::loaded_files();
    return {};
}

Result<void> Server::keep(hosting::Library library)
{
    if (!here_ && !hosting::is_alone())
        return Error{"", "starts a thread when it is loaded for its runs, and none when it is loaded to be described",
                     ""};
    library_.emplace(std::move(library));
    // Whatever loading has done to them.
    if (!here_)
        hosting::make_surroundings();
    return {};
}

void Server::handle(const Describe &describe, Received &)
{
    cold_ = cold_ || describe.cold;
    const Result<void> prepared = prepare();
    if (prepared)
        send(*description_);
    else
        send(DescribeFailed{readable(to_string(prepared.error()), kTextBytesMax), died_});
}

void Server::handle(const Invoke &invoke, Received &received)
{
    std::string refusal = why_not(invoke.method, received);
    if (refusal.empty()) {
        const std::size_t options = description_->methods[invoke.method].options.size();
        if (invoke.values.size() != options)
            refusal = std::to_string(invoke.values.size()) + " values for " + std::to_string(options) + " options";
    }
    if (!refusal.empty()) {
        send(InvokeFailed{invoke.invocation, refusal});
        return;
    }
    if (here_) {
        // Whoever reads after this, another process of the debugger's, finds the end.
        ::shutdown(control_.get(), SHUT_RD);
        send(Started{invoke.invocation, ::getpid()});
        hosting::run_here(received.descriptors[0].get(), received.descriptors[1].get(),
                          *library_->plugin().methods[invoke.method], description_->methods[invoke.method], invoke);
        send(Exited{invoke.invocation, 0});
        agent_gone_ = true;
        return;
    }
    if (hand_over(invoke.invocation, received))
        return;
    fork_child(invoke.invocation, [&](pid_t parent) {
        hosting::run_in_child(parent, received.descriptors[0].get(), received.descriptors[1].get(),
                              place(invoke.method), description_->methods[invoke.method], invoke);
    });
}

void Server::handle(const Probe &probe, Received &received)
{
    if (const std::string refusal = why_not(probe.method, received); !refusal.empty()) {
        send(InvokeFailed{probe.invocation, refusal});
        return;
    }
    fork_child(probe.invocation, [&](pid_t parent) {
        hosting::probe_in_child(parent, received.descriptors[0].get(), received.descriptors[1].get(),
                                place(probe.method), description_->methods[probe.method]);
    });
}

void Server::handle(const Signal &signal, Received &)
{
    for (const auto &[pid, invocation] : invocations_)
        if (invocation == signal.invocation)
            ::kill(pid, signal.signal);
}

hosting::Place Server::place(std::uint32_t method) const
{
    return {library_ ? &library_->plugin() : nullptr, plugin_, method};
}

std::string Server::why_not(std::uint32_t index, const Received &received)
{
    if (!fork_fault_.empty())
        return fork_fault_;
    if (const Result<void> prepared = prepare(); !prepared)
        return readable(to_string(prepared.error()), kTextBytesMax);
    if (index >= description_->methods.size())
        return "no method " + std::to_string(index);
    if (received.descriptors.size() != 2)
        return std::to_string(received.descriptors.size()) + " descriptors, not 2";
    return "";
}

template <class InChild>
void Server::fork_child(std::uint64_t invocation, InChild in_child)
{
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        send(InvokeFailed{invocation, std::string("fork: ") + std::strerror(errno)});
        return;
    }
    if (child == 0)
        in_child(parent);
    // Here and in the child, so that a signal to the group never comes too early.
    ::setpgid(child, child);
    invocations_.emplace(child, invocation);
    send(Started{invocation, child});
    note_own_threads();
}

bool Server::lacks_ahead() const
{
    return !here_ && !agent_gone_ && !ahead_failed_ && library_ && ahead_ == 0 && fork_fault_.empty();
}

void Server::use_quiet()
{
    if (strays_due_)
        kill_strays();
    if (lacks_ahead())
        fork_ahead();
    else if (ahead_awaited_ && std::chrono::steady_clock::now() >= ahead_forked_ + kReadyTimeout)
        refuse_to_fork("a process that was forked ahead of a run did not begin");
}

// What had left its group was adopted by this process when its parent died; a run has no business with processes.
void Server::kill_strays()
{
    strays_due_ = false;
    for (const pid_t child : processes::children().value_or(std::vector<pid_t>()))
        if (child != ahead_ && !invocations_.contains(child))
            ::kill(child, SIGKILL);
}

int Server::patience() const
{
    if (lacks_ahead() || strays_due_)
        return kQuietMs;
    if (!ahead_awaited_)
        return -1;
    const auto left = ahead_forked_ + kReadyTimeout - std::chrono::steady_clock::now();
    return static_cast<int>(std::max(std::chrono::ceil<std::chrono::milliseconds>(left).count(), std::int64_t{0}));
}

void Server::fork_ahead()
{
    auto ends = frames::socket_pair();
    const pid_t parent = ::getpid();
    const pid_t child = ends ? ::fork() : -1;
    if (child == 0)
        hosting::run_in_child_later(parent, ends->second.get(), library_->plugin(), *description_, buffer_);
    // Tried again when something has ended, which may have been what there was too much of.
    ahead_failed_ = child < 0;
    if (ahead_failed_)
        return;
    ::setpgid(child, child);
    ahead_ = child;
    ahead_awaited_ = true;
    ahead_forked_ = std::chrono::steady_clock::now();
    handover_ = std::move(ends->first);
    note_own_threads();
}

void Server::take_word_of_ahead()
{
    std::byte word{};
    (void)::recv(handover_.get(), &word, sizeof word, MSG_DONTWAIT);
    // One that has ended in place of it is reaped.
    ahead_awaited_ = false;
}

void Server::refuse_to_fork(const std::string &why)
{
    ahead_awaited_ = false;
    if (const pid_t child = std::exchange(ahead_, 0); child != 0)
        ::kill(-child, SIGKILL);
    handover_.reset();
    if (!fork_fault_.empty())
        return;
    fork_fault_ = why;
    send(BearsNoFork{why});
}

// A handler of the plugin's that is called at a fork may start a thread in this process too, where it would outlive
// every run.
void Server::note_own_threads()
{
    if (library_ && !hosting::is_alone())
        refuse_to_fork("a fork has started a thread");
}

bool Server::hand_over(std::uint64_t invocation, const Received &received)
{
    if (ahead_ == 0)
        return false;
    const int descriptors[] = {received.descriptors[0].get(), received.descriptors[1].get()};
    const Result<Transfer> sent = frames::send(handover_.get(), received.frame, descriptors);
    handover_.reset();
    // Its own word to the agent is as good as the one that it has for this process.
    ahead_awaited_ = false;
    const pid_t child = std::exchange(ahead_, 0);
    // One that has ended takes nothing; it is reaped.
    if (!sent || *sent != Transfer::done)
        return false;
    invocations_.emplace(child, invocation);
    send(Started{invocation, child});
    return true;
}

void Server::reap()
{
    signalfd_siginfo info;
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    }
    siginfo_t ended{};
    while (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid != 0) {
        // Its pid is still taken, so the group is its own: what it left behind ends with it.
        ::kill(-ended.si_pid, SIGKILL);
        int status = 0;
        ::waitpid(ended.si_pid, &status, 0);
        // Whatever it was, also a stray: what it had started is this process' own only from now on.
        strays_due_ = true;
        if (ended.si_pid == ahead_) {
            ahead_ = 0;
            ahead_awaited_ = false;
            ahead_failed_ = ++ahead_lost_ >= kAheadLostMax; // what ends each of them might do so without end
            if (WIFEXITED(status) && WEXITSTATUS(status) == hosting::kHasThreads)
                refuse_to_fork("a forked process has a thread of its own at once");
        }
        if (const auto found = invocations_.find(ended.si_pid); found != invocations_.end()) {
            const std::uint64_t invocation = found->second;
            invocations_.erase(found);
            ahead_failed_ = false;
            ahead_lost_ = 0;
            // Of a run so short that there was no time for it: else the next one, which may come at once, would wait.
            if (lacks_ahead())
                fork_ahead();
            send(Exited{invocation, status});
        }
        ended.si_pid = 0;
    }
}

void Server::kill_all()
{
    for (const auto &[pid, invocation] : invocations_)
        ::kill(-pid, SIGKILL);
    // This process adopts what its children leave behind, so in the end everything is its child.
    do {
        const auto children = processes::children();
        // Not to be waited for: runs end with this process, and what they left is the launcher's to end.
        if (!children)
            return;
        for (const pid_t child : *children)
            ::kill(child, SIGKILL);
    } while (::waitpid(-1, nullptr, 0) > 0);
}

void Server::send(const RunnerToAgent &message)
{
    const Result<Frame> frame = encode(message);
    if (!frame)
        return;
    const Result<Transfer> sent = frames::send(control_.get(), *frame);
    agent_gone_ = agent_gone_ || !sent || *sent == Transfer::gone;
}

} // namespace sonde::runner
