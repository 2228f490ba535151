#pragma once

#include "base/log.hpp"
#include "plugin_host/condition.hpp"
#include "plugin_host/host.hpp"
#include "plugin_host/packet_socket.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace sonde::plugin_host {

// How to reach a launcher: a daemon's socket, or programs to start.
struct LauncherPlace {
    std::filesystem::path socket;   // empty: spawn
    std::filesystem::path launcher; // the program
    std::filesystem::path runner;   // the program that it starts; empty: it knows itself
    std::string log = "warning";    // its level on stderr
    std::vector<std::string> readable{};
    std::optional<Attendance> attendance{};
};

// The connection to the launcher. It is made when needed; after a loss, and between failed attempts, with backoff.
class LauncherLink : public std::enable_shared_from_this<LauncherLink> {
public:
    LauncherLink(boost::asio::any_io_executor executor, LauncherPlace place, std::shared_ptr<Log> log);
    ~LauncherLink();

    // Called when a runner is gone; `wait_status` is absent if the launcher went, and all runners with it.
    std::function<void(std::uint64_t runner, int wait_status)> on_runner_ended;
    std::function<void(const std::string &why)> on_lost;

    // A runner is itself the process of its one run: it cannot kill that, and its end is the run's.
    bool attended() const { return place_.attendance.has_value(); }

    // Ids of requests and runners come from one sequence.
    std::uint64_t next_id() { return ++last_id_; }

    // What the launcher says of this system; where something was missing a while ago, what it says now.
    boost::asio::awaitable<Result<frames::Greeting>> greeting();

    struct StartedRunner {
        frames::Descriptor control; // none: `error` says why, for a person
        frames::Descriptor plugin;  // the very file that it loads
        frames::Descriptor output;  // what it prints; none of one that is attended
        std::string error;
        bool refused = false; // the launcher does not load such a file; else another attempt may go better
    };
    boost::asio::awaitable<StartedRunner> start_runner(std::uint64_t runner, std::filesystem::path plugin,
                                                       frames::Purpose purpose, std::uint32_t privileges, bool strict,
                                                       std::vector<std::string> libraries = {});
    void stop_runner(std::uint64_t runner);

    struct Sockets {
        std::int32_t error = 0; // a positive errno; 0: `descriptors` are as many as were asked for
        std::vector<frames::Descriptor> descriptors;
        std::string text; // of an error
    };
    // request.request is filled in here.
    boost::asio::awaitable<Sockets> open_sockets(frames::OpenSockets request);

    // As whom the daemon runs that was reached last.
    std::optional<uid_t> user() const { return user_; }

    // True while the launcher that a runner was started by is still there.
    bool connected() const { return socket_ != nullptr && !socket_->hung_up(); }
    void close();

private:
    struct Pending {
        explicit Pending(const boost::asio::any_io_executor &executor) : changed(executor) {}
        Condition changed;
        std::size_t expected = 1; // descriptors
        bool answered = false;
        std::int32_t error = 0;
        std::string text;
        bool refused = false;
        std::vector<frames::Descriptor> descriptors;
    };

    boost::asio::awaitable<Result<void>> ensure();
    void expect_greeting();
    Result<frames::Descriptor> connect();
    Result<frames::Descriptor> spawn();
    boost::asio::awaitable<void> read(std::shared_ptr<PacketSocket> socket);
    // False: the launcher does not keep to what was agreed.
    bool take(const frames::LauncherToAgent &message, std::vector<frames::Descriptor> descriptors);
    bool answer(std::uint64_t id, std::vector<frames::Descriptor> descriptors);
    void answer_error(std::uint64_t id, std::int32_t error, const std::string &text, bool refused);
    boost::asio::awaitable<void> ask(std::shared_ptr<Pending> pending, std::uint64_t id,
                                     frames::AgentToLauncher message);
    void lose(const std::string &why);
    void reap();

    boost::asio::any_io_executor executor_;
    LauncherPlace place_;
    std::shared_ptr<Log> log_;
    std::shared_ptr<PacketSocket> socket_;
    std::optional<frames::Greeting> greeting_; // the last one of the last connection
    std::chrono::steady_clock::time_point greeted_at_{};
    Condition greeted_;
    boost::asio::steady_timer greeting_limit_;
    std::optional<uid_t> user_;
    pid_t child_ = 0;
    std::uint64_t last_id_ = 0;
    std::map<std::uint64_t, std::shared_ptr<Pending>> pending_;
    std::chrono::milliseconds backoff_{0};
    std::chrono::steady_clock::time_point next_attempt_{};
    std::string last_error_;
};

} // namespace sonde::plugin_host
