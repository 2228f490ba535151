#pragma once

#include "frames/rows.hpp"
#include "plugin_host/condition.hpp"
#include "plugin_host/host.hpp"
#include "plugin_host/packet_socket.hpp"
#include "plugin_host/runner.hpp"
#include "plugin_host/turns.hpp"
#include "plugin_host/verdict.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::plugin_host {

// What a run needs of the host.
struct RunContext {
    boost::asio::any_io_executor executor;
    std::shared_ptr<LauncherLink> link;
    std::shared_ptr<Turns> turns;
    HostSettings settings;
    // One for all runs: a packet is used up before anything else is read.
    std::shared_ptr<frames::PacketBuffer> buffer;
    std::function<std::shared_ptr<Runner>(const std::filesystem::path &)> runner_of;
    std::function<void(const std::filesystem::path &)> retire;
    std::function<void(const std::filesystem::path &, const std::string &why)> run_cold;
    std::function<bool(const std::filesystem::path &)> quarantined;
};

// One invocation from its request to its result. Everything that the process of the run and its runner say is checked;
// what breaks the rules ends this run and nothing else.
class Run : public InvocationEvents, public std::enable_shared_from_this<Run> {
public:
    Run(RunContext context, RunRequest request, RowSink &sink);

    boost::asio::awaitable<RunResult> go();

    // Its turn on the line alone, nothing is run; empty if it was cancelled.
    boost::asio::awaitable<std::shared_ptr<Turns::Turn>> only_turn();

    // probe() in place of run().
    void only_probe() { probe_ = true; }

private:
    // How far it has been brought to an end.
    enum class Stage { running, asked, terminated, killed, abandoned };

    void started() override;
    void exited(int wait_status) override;
    void invoke_failed(const std::string &why) override;
    void runner_died(const std::string &why) override;

    void heed_canceller();
    boost::asio::awaitable<bool> begin();
    boost::asio::awaitable<bool> launch();
    boost::asio::awaitable<void> live();
    void begun(MonotonicTime at);
    // Whether its process was forked from one that has loaded the plugin, so that a fork may be what it does not bear.
    bool is_warm() const;
    void give_up_silent();
    // By a signal whose doing is not its own.
    void end_by(int signal);
    void kill();
    // Whether its process, forked from one that has loaded the plugin, was gone or given up before its first word.
    bool bore_no_fork() const;
    void begin_anew();
    // Of a run whose runner is not ready.
    std::int32_t unready_status() const;
    boost::asio::awaitable<void> await_turn();
    bool invoke();
    frames::Invoke invocation() const;
    std::size_t input_bytes() const;
    void send_inputs(std::vector<frames::Frame> first);
    boost::asio::awaitable<void> read();
    boost::asio::awaitable<void> take(frames::RunToAgent message);
    boost::asio::awaitable<void> take_rows(frames::Rows rows);
    void take_traffic(const frames::Traffic &more);
    void take_log(const frames::LogLine &line);
    boost::asio::awaitable<void> open_sockets(frames::SocketRequest request);
    boost::asio::awaitable<void> wait_gone();
    boost::asio::awaitable<void> notice_cancellation();

    // Decides the result, if nothing has yet, and kills the process.
    void condemn(std::int32_t status, std::string message);
    // Asks the process to stop, for a reason that becomes the result.
    void ask_to_stop(std::int32_t status, std::string message);
    void arm(std::chrono::steady_clock::time_point when);
    void on_alarm();
    void wake();
    void conclude();
    // No sooner than the run may begin.
    Now present() const { return later_of(now(), request_.not_before); }
    bool reading() const { return !done_ && !condemned_ && stage_ != Stage::abandoned; }

    bool takes_input() const { return !probe_ && (method().flags & SONDE_TAKES_INPUT) != 0; }
    const frames::MethodDescription &method() const { return request_.description->methods[request_.method]; }

    RunContext context_;
    RunRequest request_;
    RowSink *sink_;
    bool probe_ = false;
    std::uint64_t invocation_ = 0;
    std::shared_ptr<Runner> runner_;
    std::shared_ptr<PacketSocket> socket_;
    frames::Descriptor cancel_;
    std::vector<frames::RowFormat> formats_;
    boost::asio::steady_timer alarm_;
    Condition changed_;
    Condition turn_changed_;
    Turns::Turn turn_;

    Stage stage_ = Stage::running;
    bool forked_ = false;
    bool started_ = false; // its process has said so
    bool silent_ = false;  // it has been given up, as its process did not
    int signalled_ = 0;    // what its process was last ended by from here
    bool gone_ = false;    // the process is: read what is left, and end
    std::optional<int> wait_status_;
    std::optional<Verdict> condemned_;
    std::optional<Verdict> stopped_;
    std::optional<frames::Fail> failed_;
    std::optional<frames::Done> done_;
    std::uint32_t log_lines_ = 0;
    std::uint32_t counters_ = 0; // that were asked for
    RunResult result_;
};

} // namespace sonde::plugin_host
