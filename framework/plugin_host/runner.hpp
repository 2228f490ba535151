#pragma once

#include "base/log.hpp"
#include "plugin_host/condition.hpp"
#include "plugin_host/host.hpp"
#include "plugin_host/launcher_link.hpp"
#include "plugin_host/output.hpp"
#include "plugin_host/packet_socket.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::plugin_host {

// What happens to one invocation in its runner.
class InvocationEvents {
public:
    virtual ~InvocationEvents() = default;
    virtual void started() = 0;
    virtual void exited(int wait_status) = 0;
    virtual void invoke_failed(const std::string &why) = 0;
    virtual void runner_died(const std::string &why) = 0;
};

// What a runner's end says.
enum class Cause {
    launcher, // nothing of the plugin's file: there was no launcher, or the end was wanted
    file,     // that such a file is not loaded, however often it is tried
    load,     // that loading it ended the process, or hung it
};

// What a file was found to be, and the file as it was then.
struct Known {
    std::optional<frames::LoadedFile> file;
    Described described;
};
using KnownPlugins = std::map<std::filesystem::path, Known>;

// One plugin file's process, as the agent sees it: it is started with what its plugin declares and is granted,
// describes its plugin, and is told to invoke methods. A file that is not known is described before by a process that
// may do nothing at all.
class Runner : public std::enable_shared_from_this<Runner> {
public:
    Runner(boost::asio::any_io_executor executor, std::shared_ptr<LauncherLink> link, std::filesystem::path plugin,
           std::shared_ptr<Log> log, HostSettings settings, std::shared_ptr<KnownPlugins> known);
    // One that nothing is started for: it is settled, by that error.
    void refuse(const std::string &why);

    // Called once, when it is settled.
    std::function<void(const Runner &)> on_settled;
    // Called once, with the reason: its plugin is to be loaded by each run.
    std::function<void(const Runner &, const std::string &why)> on_bears_no_fork;
    bool bears_no_fork() const { return bears_no_fork_; }
    // Starts the process and asks for the description, once. Then `settled()` is true after `timeout` at the latest.
    // `cold`: each run loads the plugin anew, whatever it says of itself.
    void start(std::chrono::milliseconds timeout, bool cold);
    bool settled() const { return state_ != State::starting; }
    bool ready() const { return state_ == State::ready; }
    // Waits for settled().
    boost::asio::awaitable<void> wait_settled();
    // Somebody does, and has not yet seen that it is.
    bool awaited() const { return waiters_ != 0; }
    boost::asio::awaitable<void> wait_dead();

    // Of a ready one.
    const std::shared_ptr<const frames::Description> &description() const { return description_; }
    const std::string &hash() const { return hash_; } // of what it has loaded
    // Whether a file that it has loaded by path is another one by now: what a run would load is not what it has. Asked
    // again within 20 ms it says no.
    bool outdated();
    // Whether its plugin is granted something else by now.
    bool regranted() const;
    // Of one that is not: what is wrong.
    const Error &error() const { return error_; }
    Cause cause() const { return cause_; }

    void invoke(std::uint64_t invocation, const std::shared_ptr<InvocationEvents> &events, frames::Frame frame,
                std::vector<frames::Descriptor> descriptors);
    void signal(std::uint64_t invocation, int signal);
    // What happens to it is of no interest any more.
    void forget(std::uint64_t invocation);
    std::size_t runs() const { return runs_.size(); }
    std::chrono::steady_clock::time_point idle_since() const { return idle_since_; }
    // It is needed soon: as if it had just had a run.
    void keep() { idle_since_ = std::chrono::steady_clock::now(); }

    std::uint64_t id() const { return id_; }
    // Of the process that describes its plugin beforehand; 0: there is none.
    std::uint64_t describing() const { return describing_; }
    const std::filesystem::path &plugin() const { return plugin_; }

    // Kills it and whatever runs in it.
    void stop(const std::string &why, Cause cause = Cause::launcher);
    // The launcher says that it has ended.
    void ended(int wait_status);

private:
    enum class State { starting, ready, dead };
    struct Invoked {
        std::weak_ptr<InvocationEvents> events;
        bool started = false;
    };

    // Whether it may be loaded with what this system lacks. False: it is dead.
    boost::asio::awaitable<bool> check_isolation();

    // A process of the plugin's that may be asked for its description, and which file it would load.
    struct Process {
        std::shared_ptr<PacketSocket> control;
        std::string hash;
    };

    boost::asio::awaitable<void> live();
    // None: it is dead, and error() says why.
    boost::asio::awaitable<std::optional<Process>> start_process(std::uint64_t id, frames::Purpose purpose,
                                                                 std::uint32_t privileges,
                                                                 std::vector<std::string> libraries = {});
    // What a process says that may do nothing, but for reading libraries in those places; likewise.
    struct Said {
        frames::RunnerToAgent message;
        std::string hash;
    };
    boost::asio::awaitable<std::optional<Said>> ask_apart(std::vector<std::string> libraries);
    // What it is, by a process that may do nothing. False: it is dead.
    boost::asio::awaitable<bool> get_known();
    Result<void> check(const frames::Description &description) const;
    void limit_start();
    void take_description(const frames::Description &description);
    std::uint32_t privileges_of(const frames::Description &description) const;
    void take(const frames::RunnerToAgent &message);
    void take(const frames::Started &started);
    std::shared_ptr<InvocationEvents> take_over(std::uint64_t invocation);
    void fall_silent();
    void die_after(std::chrono::milliseconds time);
    void die(const std::string &why, Cause cause);
    // Of an end that nobody wanted. What is attended ends by its tool's will, or its developer's.
    Cause own_end() const
    {
        return state_ == State::starting && control_ && !link_->attended() ? Cause::load : Cause::launcher;
    }
    std::string name() const { return plugin_.filename().string(); }

    boost::asio::any_io_executor executor_;
    std::shared_ptr<LauncherLink> link_;
    std::filesystem::path plugin_;
    std::filesystem::path file_; // where its path leads to
    std::shared_ptr<Log> log_;
    HostSettings settings_;
    std::shared_ptr<KnownPlugins> known_;
    std::uint32_t privileges_ = 0; // that its process was started with
    std::uint64_t id_;
    std::uint64_t describing_ = 0;
    State state_ = State::starting;
    Condition settled_;
    std::size_t waiters_ = 0;
    boost::asio::steady_timer timer_;
    std::shared_ptr<PacketSocket> control_;
    std::shared_ptr<Output> output_; // of its latest process
    // What a process that may do nothing said of it. Kept here, since it may be forgotten while this one is started.
    std::shared_ptr<const frames::Description> expected_;
    std::shared_ptr<const frames::Description> description_;
    std::string hash_;
    Error error_;
    Cause cause_ = Cause::launcher;
    bool cold_ = false;
    bool bears_no_fork_ = false;
    std::chrono::milliseconds start_timeout_{};
    bool silent_ = false;
    std::optional<int> wait_status_;        // as the launcher gave it
    std::map<std::uint64_t, Invoked> runs_; // of which the runner has not said that they are over
    std::chrono::steady_clock::time_point idle_since_;
    std::chrono::steady_clock::time_point looked_at_{}; // by outdated()
};

// "killed by SIGSEGV (Segmentation fault)", "ended with status 3".
std::string wait_status_text(int wait_status);

} // namespace sonde::plugin_host
