#pragma once

#include "processes/drain.hpp"
#include "programs/checker/agent_end.hpp"
#include "programs/checker/opened.hpp"
#include "programs/checker/order.hpp"
#include "programs/checker/outcome.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sonde::checker {

// A run in a process of its own, and the agent's side of it. Single-threaded.
class Trial {
public:
    // Starts it. What is handed in outlives it.
    Trial(const Opened &opened, const std::string &plugin, Order order);
    Trial(const Trial &) = delete;
    ~Trial();

    bool ended() const { return ended_; }
    const Outcome &outcome() const { return outcome_; }

    // Serves all of them until each has ended.
    static void serve(std::span<const std::unique_ptr<Trial>> trials);

private:
    using Clock = std::chrono::steady_clock;

    void start();
    [[noreturn]] void become_run(pid_t parent, int agent, int invoke);
    void serve_once(bool agent_ready, bool process_ready, bool watched_ready);
    void note_deadline(Clock::time_point now);
    void keep_time();
    void tell_to_stop(Clock::time_point now);
    void finish();
    void take_evidence();

    const Opened &opened_;
    const std::string &plugin_;
    Order order_;
    const frames::MethodDescription &method_;
    Outcome outcome_;
    AgentEnd agent_;
    pid_t pid_ = -1;
    frames::Descriptor process_;
    frames::Descriptor cancel_;
    frames::Descriptor evidence_file_;
    Evidence *evidence_ = nullptr;
    processes::Drain output_;
    Clock::time_point started_;
    std::optional<Clock::time_point> begun_;   // run() has been called
    std::optional<Clock::time_point> stopped_; // when it was told to stop
    bool ended_ = false;
    bool stuck_ = false;
};

// Runs one order, or several at the same time, to the end.
Outcome run(const Opened &opened, const std::string &plugin, Order order);
std::vector<Outcome> run_together(const Opened &opened, const std::string &plugin, std::vector<Order> orders);

} // namespace sonde::checker
