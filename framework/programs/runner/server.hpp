#pragma once

#include "frames/messages.hpp"
#include "frames/packet_buffer.hpp"
#include "frames/socket.hpp"
#include "hosting/library.hpp"
#include "hosting/run.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>

namespace sonde::runner {

// Forks a process for every invocation of one plugin, on the agent's word. A plain loop over two descriptors: forked
// children must not inherit anything that an event library keeps.
class Server {
public:
    enum class Manner {
        usual,     // nothing is known of the plugin: a process of its own describes it
        described, // another runner has described it: it is loaded once, and what it says is read here
        here,      // it is described and run once in this process, for a debugger to look at, and that was all
    };

    // `control` is the runner's end of its control socket, `signals` a signalfd of SIGCHLD.
    Server(frames::Descriptor control, frames::Descriptor signals, std::string plugin, Manner manner);

    // Serves until the agent or the launcher closes the control socket, then kills what still runs.
    void serve();

    // Whether anything was asked of it. Not of a second process at the same socket, which a debugger starts: one run is
    // all there is.
    bool asked() const { return asked_; }

private:
    void receive();
    void handle(const frames::Describe &describe, frames::Received &received);
    void handle(const frames::Invoke &invoke, frames::Received &received);
    void handle(const frames::Probe &probe, frames::Received &received);
    void handle(const frames::Signal &signal, frames::Received &received);

    // Describes the plugin once and loads it into this process.
    Result<void> prepare();
    Result<void> keep(hosting::Library library);
    // The plugin's own struct for a method of the description; it was followed safely before.
    hosting::Place place(std::uint32_t method) const;
    // Why a method cannot be run or probed; empty if it can.
    std::string why_not(std::uint32_t method, const frames::Received &received);
    template <class InChild>
    void fork_child(std::uint64_t invocation, InChild in_child);
    // The process of the next run, ahead of need, so that no fork delays its first packet. Of a plugin that is loaded.
    bool lacks_ahead() const;
    void fork_ahead();
    // Milliseconds until use_quiet(), as poll(2) takes them.
    int patience() const;
    void use_quiet();
    void kill_strays();
    void take_word_of_ahead();
    // Ends what waits for a run, and lets no further process be made.
    void refuse_to_fork(const std::string &why);
    void note_own_threads();
    // Gives it its run. False: there is none.
    bool hand_over(std::uint64_t invocation, const frames::Received &received);
    void reap();
    void kill_all();
    void send(const frames::RunnerToAgent &message);

    frames::Descriptor control_;
    frames::Descriptor signals_;
    std::string plugin_;
    bool here_;
    bool described_;
    std::optional<frames::Description> description_;
    bool cold_ = false; // never loaded here
    bool died_ = false; // whoever tried to describe it
    std::optional<hosting::Library> library_;
    std::map<pid_t, std::uint64_t> invocations_; // by process
    // Waits for its run; 0: there is none.
    pid_t ahead_ = 0;
    bool ahead_failed_ = false;
    bool strays_due_ = false;    // a run has ended, and may have left some
    unsigned ahead_lost_ = 0;    // since a run has ended
    bool ahead_awaited_ = false; // it has not said that it is ready
    std::chrono::steady_clock::time_point ahead_forked_;
    frames::Descriptor handover_;
    std::string fork_fault_; // why this runner forks no more
    frames::PacketBuffer buffer_;
    bool asked_ = false;
    bool agent_gone_ = false;
};

} // namespace sonde::runner
