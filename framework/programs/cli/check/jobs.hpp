#pragma once

#include "frames/socket.hpp"
#include "processes/drain.hpp"

#include <chrono>
#include <csignal>
#include <cstddef>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sonde::cli {

// How a process ended that was given a job.
struct JobEnd {
    bool in_time = true; // else it was killed
    int wait_status = 0; // as from waitpid(2)
    std::string answer;  // what it wrote to descriptor 3
    std::string said;    // what it and whatever it started wrote to stdout and stderr
    std::chrono::nanoseconds took{};
};

// Processes that each do one job, in a process group of their own, and are killed with everything that they have
// started when their time is over, whatever they write meanwhile. Single-threaded; adopts what they leave behind. While
// it lives, SIGINT and SIGTERM end no more than the waiting.
class Jobs {
public:
    explicit Jobs(std::chrono::milliseconds time_max);
    Jobs(const Jobs &) = delete;
    ~Jobs();

    // Starts a program with these words. False if it cannot be started.
    bool start(std::size_t key, const std::vector<std::string> &command);
    std::size_t running() const { return jobs_.size(); }
    // Waits until at least one has ended, or a signal has come; those that have, by the key that they were started
    // with.
    std::map<std::size_t, JobEnd> wait();
    // A signal has come.
    bool interrupted() const { return interrupted_; }

private:
    using Clock = std::chrono::steady_clock;

    struct Job {
        pid_t pid = -1;
        frames::Descriptor process;
        processes::Drain answer;
        processes::Drain said;
        Clock::time_point started;
    };

    JobEnd end(Job &job, bool in_time);
    void end_strays();

    std::chrono::milliseconds time_max_;
    std::map<std::size_t, Job> jobs_;
    sigset_t blocked_before_;
    frames::Descriptor signals_;
    bool interrupted_ = false;
};

} // namespace sonde::cli
