#include "programs/cli/check/jobs.hpp"

#include "processes/children.hpp"
#include "processes/spawn.hpp"

#include <algorithm>
#include <csignal>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace sonde::cli {

namespace {

constexpr int kAnswer = 3;
// What forks on must not hold up a report, nor what stays in spite of SIGKILL: the kernel does not let go of it, as of
// who waits for a disk or a server that does not answer, or its debugger has not yet heard of its end.
constexpr std::chrono::seconds kGoneMax{1};
constexpr std::chrono::milliseconds kLooksApart{1};

} // namespace

Jobs::Jobs(std::chrono::milliseconds time_max) : time_max_(time_max)
{
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigset_t ending;
    ::sigemptyset(&ending);
    ::sigaddset(&ending, SIGINT);
    ::sigaddset(&ending, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &ending, &blocked_before_);
    signals_.reset(::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
}

Jobs::~Jobs()
{
    for (auto &[key, job] : jobs_)
        end(job, false);
    jobs_.clear();
    end_strays();
    ::sigprocmask(SIG_SETMASK, &blocked_before_, nullptr);
}

bool Jobs::start(std::size_t key, const std::vector<std::string> &command)
{
    Job job;
    const int said = job.said.writing();
    const processes::Handed handed[] = {{said, STDOUT_FILENO}, {said, STDERR_FILENO}, {job.answer.writing(), kAnswer}};
    job.pid = processes::spawn(command, handed);
    if (job.pid < 0)
        return false;
    job.answer.close_writing();
    job.said.close_writing();
    job.process.reset(static_cast<int>(::syscall(SYS_pidfd_open, job.pid, 0)));
    job.started = Clock::now();
    jobs_.insert_or_assign(key, std::move(job));
    return true;
}

std::map<std::size_t, JobEnd> Jobs::wait()
{
    std::map<std::size_t, JobEnd> ended;
    while (ended.empty() && !jobs_.empty() && !interrupted_) {
        std::vector<pollfd> waits;
        auto nearest = Clock::time_point::max();
        for (const auto &[key, job] : jobs_) {
            waits.push_back({job.process.get(), POLLIN, 0});
            waits.push_back({job.answer.reading(), POLLIN, 0});
            waits.push_back({job.said.reading(), POLLIN, 0});
            nearest = std::min(nearest, job.started + time_max_);
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(nearest - Clock::now()).count();
        waits.push_back({signals_.get(), POLLIN, 0});
        ::poll(waits.data(), waits.size(), static_cast<int>(std::max<std::int64_t>(left, 0)));
        signalfd_siginfo signal;
        interrupted_ = ::read(signals_.get(), &signal, sizeof signal) == sizeof signal;
        std::size_t at = 0;
        for (auto &[key, job] : jobs_) {
            job.answer.read();
            job.said.read();
            const bool over = waits[at].revents != 0;
            const bool late = Clock::now() - job.started >= time_max_;
            if (over || late)
                ended.emplace(key, end(job, over));
            at += 3;
        }
        for (const auto &[key, unused] : ended)
            jobs_.erase(key);
    }
    end_strays();
    return ended;
}

JobEnd Jobs::end(Job &job, bool in_time)
{
    JobEnd end;
    end.in_time = in_time;
    end.took = Clock::now() - job.started;
    // Its pid is still taken, so the group is its own.
    ::kill(-job.pid, SIGKILL);
    end.wait_status = SIGKILL; // unless there is another one to be had
    const auto until = Clock::now() + kGoneMax;
    while (::waitpid(job.pid, &end.wait_status, WNOHANG) == 0 && Clock::now() < until)
        std::this_thread::sleep_for(kLooksApart);
    job.answer.read();
    job.said.read();
    end.answer = job.answer.text();
    end.said = job.said.text();
    return end;
}

// What had left its group became ours when its parent died.
void Jobs::end_strays()
{
    const auto is_job = [&](pid_t pid) {
        return std::any_of(jobs_.begin(), jobs_.end(), [&](const auto &each) { return each.second.pid == pid; });
    };
    const auto until = Clock::now() + kGoneMax;
    bool found = true;
    while (found && Clock::now() < until) {
        found = false;
        for (const pid_t child : processes::children().value_or(std::vector<pid_t>())) {
            if (is_job(child))
                continue;
            found = true;
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, WNOHANG);
        }
        if (found)
            std::this_thread::sleep_for(kLooksApart);
    }
}

} // namespace sonde::cli
