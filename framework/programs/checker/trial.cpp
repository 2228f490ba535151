#include "programs/checker/trial.hpp"

#include "frames/messages.hpp"
#include "frames/socket.hpp"
#include "frames/text.hpp"
#include "hosting/child.hpp"
#include "processes/children.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <new>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace sonde::checker {

namespace {

using namespace std::chrono_literals;
using frames::Descriptor;

// How long a run may take to end once it was told to, before it is killed: more than any rule allows, so that a rule
// can say how long it took.
constexpr auto kGrace = 3s;
// run() has been called once it is seen in the evidence; nothing wakes us for that.
constexpr auto kTick = 5ms;

Descriptor memory_file(const char *name)
{
    return Descriptor(::memfd_create(name, MFD_CLOEXEC));
}

Descriptor file_with(const frames::Invoke &invoke)
{
    Descriptor file = memory_file("invoke");
    if (const auto frame = frames::encode(frames::AgentToRunner(invoke))) {
        (void)!::write(file.get(), frame->data(), frame->size());
        ::lseek(file.get(), 0, SEEK_SET);
    }
    return file;
}

} // namespace

Trial::Trial(const Opened &opened, const std::string &plugin, Order order)
    : opened_(opened), plugin_(plugin), order_(std::move(order)),
      method_(opened.description.methods[order_.assignment.method]), agent_(method_, order_, outcome_)
{
    start();
}

Trial::~Trial()
{
    if (!ended_ && pid_ > 0) {
        stuck_ = true;
        finish();
    }
    if (evidence_ != nullptr)
        ::munmap(evidence_, sizeof *evidence_);
}

void Trial::start()
{
    evidence_file_ = memory_file("evidence");
    (void)!::ftruncate(evidence_file_.get(), sizeof(Evidence));
    evidence_ = new (&map_evidence(evidence_file_.get())) Evidence;
    cancel_.reset(::eventfd(0, EFD_CLOEXEC));
    auto pair = frames::socket_pair();
    started_ = Clock::now();
    if (order_.deadline_after)
        order_.invoke.deadline = started_ + *order_.deadline_after;
    if (order_.cancel_after == 0ms)
        tell_to_stop(started_);
    const Descriptor invoke = file_with(order_.invoke);
    const pid_t parent = ::getpid();
    // Without a process of its own there is nobody to judge, and nobody to kill.
    pid_ = pair ? ::fork() : -1;
    if (pid_ < 0)
        throw std::system_error(errno, std::generic_category(), "a run's process");
    if (pid_ == 0)
        become_run(parent, pair->second.get(), invoke.get());
    ::setpgid(pid_, pid_);
    process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    agent_.open(std::move(pair->first));
    output_.close_writing();
}

void Trial::become_run(pid_t parent, int agent, int invoke)
{
    const int kept[] = {agent, cancel_.get(), evidence_file_.get(), invoke, output_.writing()};
    hosting::become_child(parent, kept, hosting::Processes::allowed);
    const int output = kInvokeEnd + 1;
    ::dup2(output, STDOUT_FILENO);
    ::close(output);
    ::fcntl(kAgentEnd, F_SETFL, ::fcntl(kAgentEnd, F_GETFL) & ~O_NONBLOCK);
    const Assignment &assignment = order_.assignment;
    if (!order_.fresh) {
        ::close(kEvidenceEnd);
        ::close(kInvokeEnd);
        carry_out(assignment, opened_.library.plugin(), method_, order_.invoke, *evidence_);
    }
    for (const int fd : {kAgentEnd, kCancelEnd, kEvidenceEnd, kInvokeEnd})
        ::fcntl(fd, F_SETFD, 0);
    std::vector<std::string> command = order_.within;
    command.insert(command.end(),
                   {order_.within.empty() ? "/proc/self/exe" : std::filesystem::read_symlink("/proc/self/exe").native(),
                    "--run", plugin_, std::to_string(assignment.method), std::to_string(assignment.flags),
                    std::to_string(assignment.repeat)});
    std::vector<char *> arguments;
    for (std::string &word : command)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

void Trial::serve(std::span<const std::unique_ptr<Trial>> trials)
{
    const auto running = [&] {
        return std::any_of(trials.begin(), trials.end(), [](const auto &trial) { return !trial->ended_; });
    };
    while (running()) {
        std::vector<pollfd> waits;
        for (const auto &trial : trials) {
            const bool on = !trial->ended_;
            waits.push_back({on ? trial->agent_.fd() : -1, POLLIN, 0});
            waits.push_back({on ? trial->process_.get() : -1, POLLIN, 0});
            waits.push_back({on ? trial->output_.reading() : -1, POLLIN, 0});
            waits.push_back({on && !trial->stopped_ ? trial->order_.watched : -1, POLLIN, 0});
        }
        const auto tick = std::chrono::duration_cast<std::chrono::milliseconds>(kTick).count();
        ::poll(waits.data(), waits.size(), static_cast<int>(tick));
        for (std::size_t i = 0; i < trials.size(); ++i)
            if (!trials[i]->ended_)
                trials[i]->serve_once(waits[4 * i].revents != 0, waits[4 * i + 1].revents != 0,
                                      waits[4 * i + 3].revents != 0);
    }
}

void Trial::serve_once(bool agent_ready, bool process_ready, bool watched_ready)
{
    output_.read();
    if (agent_ready)
        agent_.receive();
    if (watched_ready && order_.seen && order_.seen())
        tell_to_stop(Clock::now());
    note_deadline(Clock::now());
    if (process_ready)
        finish();
    else
        keep_time();
}

void Trial::tell_to_stop(Clock::time_point now)
{
    if (stopped_)
        return;
    stopped_ = now;
    const std::uint64_t one = 1;
    (void)!::write(cancel_.get(), &one, sizeof one);
}

// Before its end is: a run that obeys may have ended by the time that anybody looks at the clock.
void Trial::note_deadline(Clock::time_point now)
{
    if (!stopped_ && order_.invoke.deadline && now >= *order_.invoke.deadline)
        stopped_ = *order_.invoke.deadline;
}

void Trial::keep_time()
{
    const auto now = Clock::now();
    if (!begun_ && evidence_->phase != Evidence::before)
        begun_ = now;
    if (!stopped_ && begun_ && order_.cancel_after && now - *begun_ >= *order_.cancel_after)
        tell_to_stop(now);
    if (!stopped_ && now - started_ >= order_.patience)
        tell_to_stop(now);
    // A process that is slow to begin, under valgrind for instance, has its grace from then on.
    const auto since = stopped_ ? std::max(*stopped_, begun_.value_or(now)) : now;
    const bool never_begins = !begun_ && now - started_ >= order_.patience + kGrace;
    if (now - since < kGrace && !never_begins)
        return;
    stuck_ = true;
    finish();
}

void Trial::finish()
{
    const auto now = Clock::now();
    // Its pid is still taken, so the group is its own: what it left behind ends with it.
    ::kill(-pid_, SIGKILL);
    if (stuck_)
        ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    agent_.receive_all();
    output_.read();
    outcome_.output = output_.text();
    outcome_.took = now - begun_.value_or(started_);
    outcome_.told_to_stop = stopped_.has_value();
    if (stopped_)
        outcome_.stopping = now - *stopped_;
    if (stuck_) {
        outcome_.end = Outcome::End::stuck;
    } else if (WIFSIGNALED(status)) {
        outcome_.end = Outcome::End::killed;
        outcome_.code = WTERMSIG(status);
    } else {
        outcome_.end = agent_.returned() ? Outcome::End::returned : Outcome::End::exited;
        outcome_.code = WEXITSTATUS(status);
    }
    take_evidence();
    ended_ = true;
}

void Trial::take_evidence()
{
    outcome_.stranger = evidence_->stranger.text;
    outcome_.untimely = evidence_->untimely.text;
    outcome_.undeclared = evidence_->undeclared.text;
    outcome_.bad_text = evidence_->bad_text.text;
    outcome_.extension = evidence_->extension.text;
    outcome_.fault = evidence_->fault.text;
    outcome_.privileges = evidence_->privileges;
    outcome_.silent_failure = evidence_->silent_failure;
    outcome_.made_processes = evidence_->made_processes;
    outcome_.samples = evidence_->samples;
    outcome_.last = evidence_->last;
    outcome_.done = evidence_->done;
}

namespace {

// This process adopts what runs leave behind. How many that were.
std::size_t end_strays(const std::vector<pid_t> &others)
{
    std::size_t strays = 0;
    for (const pid_t child : processes::children().value_or(std::vector<pid_t>())) {
        if (std::find(others.begin(), others.end(), child) != others.end())
            continue;
        ++strays;
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
    return strays;
}

} // namespace

Outcome run(const Opened &opened, const std::string &plugin, Order order)
{
    std::vector<Order> orders;
    orders.push_back(std::move(order));
    return run_together(opened, plugin, std::move(orders)).front();
}

std::vector<Outcome> run_together(const Opened &opened, const std::string &plugin, std::vector<Order> orders)
{
    const std::vector<pid_t> others = processes::children().value_or(std::vector<pid_t>());
    std::vector<std::unique_ptr<Trial>> trials;
    for (Order &order : orders)
        trials.push_back(std::make_unique<Trial>(opened, plugin, std::move(order)));
    Trial::serve(trials);
    const std::size_t strays = end_strays(others);
    std::vector<Outcome> outcomes;
    for (const auto &trial : trials) {
        outcomes.push_back(trial->outcome());
        outcomes.back().made_processes = outcomes.back().made_processes || strays > 0;
    }
    return outcomes;
}

std::string in_words(const Outcome &outcome)
{
    switch (outcome.end) {
    case Outcome::End::exited:
        return "ended its process with " + std::to_string(outcome.code) + " in place of returning";
    case Outcome::End::killed:
        return "ended in " + frames::signal_name(outcome.code);
    case Outcome::End::stuck:
        return "did not end when it was told to";
    case Outcome::End::returned:
        break;
    }
    if (outcome.status == 0)
        return "completed";
    return "failed with " + std::to_string(outcome.status) + ": " + frames::readable(outcome.message, 200);
}

} // namespace sonde::checker
