#pragma once

#include "frames/rows.hpp"
#include "processes/drain.hpp"
#include "programs/checker/assignment.hpp"
#include "programs/checker/opened.hpp"
#include "programs/checker/outcome.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sonde::checker {

// One run, as a rule wants it.
struct Order {
    Assignment assignment;
    frames::Invoke invoke;
    std::optional<std::chrono::milliseconds> cancel_after;   // counted from the call of run(); 0: before it
    std::optional<std::chrono::milliseconds> deadline_after; // counted from now
    std::chrono::milliseconds patience{10'000};              // then it is cancelled anyway
    // True: what was waited for has happened, cancel the run. Asked whenever `watched` is readable.
    std::function<bool()> seen;
    int watched = -1;
    bool fresh = false;              // in a newly started process that loads the plugin itself
    std::vector<std::string> within; // a program that runs that process: valgrind and its options
    std::uint32_t privileges = 0;    // which sockets it gets; plain ones it always gets
};

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
    void receive();
    void handle(const frames::Rows &rows);
    void handle(const frames::Fail &fail);
    void handle(const frames::Traffic &traffic);
    void handle(const frames::SocketRequest &request);
    void handle(const frames::Done &done);
    void handle(const frames::LogLine &) {}
    void handle(const frames::Progress &) {}
    void judge_row(const frames::TableDescription &table, std::span<const sonde_cell> cells);
    void keep_time();
    void tell_to_stop(Clock::time_point now);
    void finish();
    void take_evidence();

    const Opened &opened_;
    const std::string &plugin_;
    Order order_;
    const frames::MethodDescription &method_;
    Outcome outcome_;
    pid_t pid_ = -1;
    frames::Descriptor process_;
    frames::Descriptor agent_;
    frames::Descriptor cancel_;
    frames::Descriptor evidence_file_;
    Evidence *evidence_ = nullptr;
    processes::Drain output_;
    frames::Frame buffer_;
    std::vector<frames::RowFormat> formats_;
    Clock::time_point started_;
    std::optional<Clock::time_point> begun_;   // run() has been called
    std::optional<Clock::time_point> stopped_; // when it was told to stop
    bool done_ = false;
    bool ended_ = false;
    bool stuck_ = false;
};

// Runs one order, or several at the same time, to the end.
Outcome run(const Opened &opened, const std::string &plugin, Order order);
std::vector<Outcome> run_together(const Opened &opened, const std::string &plugin, std::vector<Order> orders);

} // namespace sonde::checker
