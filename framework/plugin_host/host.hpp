#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "frames/messages.hpp"
#include "model/intent.hpp"
#include "plugin_host/input.hpp"
#include "plugin_host/options.hpp"
#include "plugin_host/quarantine.hpp"
#include "plugin_host/status.hpp"
#include "plugin_host/turns.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

// Runs measurement methods in processes that are not trusted. One thread: that of the executor.
namespace sonde::plugin_host {

// Stops one run from outside. One Canceller, one run.
class Canceller {
public:
    // Idempotent; may be called before the run begins.
    void cancel();
    bool cancelled() const { return cancelled_; }

private:
    friend class Run;
    bool cancelled_ = false;
    std::function<void()> notify_;
};

// What a plugin's file says of itself, and which file that was.
struct Described {
    std::shared_ptr<const frames::Description> description;
    std::string hash; // SHA-256 in lower-case hex of what its runner has loaded
};

struct RunRequest {
    std::filesystem::path plugin; // absolute
    // As they were described; what is another file by now is not run (kStatusNoMethod).
    std::string hash;
    std::shared_ptr<const frames::Description> description;
    std::uint32_t method = 0; // index in the description
    Arguments arguments;
    std::optional<MonotonicTime> deadline;
    // What the operator allows this run to know of the line; the method gets those that it declares.
    std::vector<frames::Parameter> parameters;
    // For a method that takes input (SONDE_TAKES_INPUT); another one gets none.
    std::vector<std::shared_ptr<Input>> inputs;
    std::shared_ptr<Canceller> canceller; // may be empty
    std::shared_ptr<Turns::Turn> turn{};  // that was waited for beforehand; empty: the run waits itself
    bool trace = false;                   // the run says every call of the host's on stderr
    std::vector<frames::KnownName> known_names{};
    // A moment ahead: its process is made ready at once, and enters run() then. In the past: at once.
    MonotonicTime not_before{};
};

struct RunResult {
    std::int32_t status = 0; // see status.hpp
    std::string message;     // a sentence for a person; empty after success
    model::Blame blame = model::Blame::unknown;
    std::uint64_t rows = 0;
    std::uint64_t sent_bytes = 0; // as the method counted them
    std::uint64_t received_bytes = 0;
    Now started{};      // run() entered, or when it was given up before
    bool began = false; // run() was entered
    Now ended{};
    bool socket_denied = false; // it asked for a socket that the system or the launcher does not permit
};

// Takes what a run produces. Every call comes from the executor's thread, one at a time.
class RowSink {
public:
    virtual ~RowSink() = default;
    // A row that keeps the declaration of the table with that index. The cells live until the call returns; strings
    // have no NUL behind them.
    virtual void row(std::uint32_t, std::span<const sonde_cell>) {}
    // After each batch of rows. No further row is read before it completes, which is how a slow receiver slows the run.
    // An error stops the run (kStatusNoStorage).
    virtual boost::asio::awaitable<Result<void>> batch_end();
    virtual void log(sonde_log_level, std::string_view) {}
    virtual void progress(std::uint64_t, std::uint64_t) {}
    // The run's bytes on the line so far, whenever the method has counted more; of either kind an exabyte at most.
    virtual void traffic(std::uint64_t, std::uint64_t) {}
};

// Whether a plugin's file of that SHA-256, in lower-case hex, may be loaded; the error says in a few words why not.
using Admit = std::function<Result<void>(const std::filesystem::path &plugin, const std::string &hash)>;

// Which of the SONDE_PRIVILEGE_ bits that a method declares it gets.
using Grant = std::function<std::uint32_t(const frames::MethodDescription &method)>;

struct HostSettings {
    std::chrono::milliseconds cancel_grace{2000}; // from the cancel descriptor to SIGTERM
    std::chrono::milliseconds term_grace{1000};   // from SIGTERM to SIGKILL
    // For a runner to start and describe its plugin, of which loading may take five seconds by the runner's own clock.
    std::chrono::milliseconds start_timeout{7000};
    std::chrono::milliseconds idle_stop{10'000}; // a runner without runs is stopped after that
    std::string launcher_log = "warning";        // the level at which a launcher of its own speaks on stderr
    std::vector<std::string> readable;           // files and folders that its plugins may read, besides the system's
    Admit admit;                                 // asked before a file is loaded, of what would be; empty: all are
    // For the forked process of a run to say that it has begun; one that is silent is ended, and its plugin run cold.
    std::chrono::milliseconds silence{1000};
    QuarantinePace quarantine;
    // Called when a plugin has failed to load, ended or hung its process, that is, for whatever it was loaded.
    std::function<void(const std::filesystem::path &, const LoadFailures &)> load_failed;
    // Takes all that plugins print, as it comes and not by lines; empty: it becomes lines of the log, within bounds.
    std::function<void(std::string_view)> printed;
    Grant grant;                  // empty: all that it declares
    std::function<bool()> strict; // whether nothing is loaded where a layer of its confinement is missing
};

// The layers of confinement that runners go without, for a person: "namespaces (Operation not permitted), cgroup
// (...)"; empty if none is missing.
std::string missing_layers(const frames::Greeting &greeting);

// What a method declares and is granted.
std::uint32_t granted_privileges(const HostSettings &settings, const frames::MethodDescription &method);

// How a plugin runs for its developer: each run in a process of its own that nothing was forked from and that is not
// confined, begun by a tool's words.
struct Attendance {
    std::vector<std::string> tool;
    bool terminal = false; // the tool has the terminal, and Ctrl-C is its
};

class RunnerPool;

// The agent's side of launcher and runners. One runner a plugin file, started when needed. It must outlive its runs;
// the destructor ends every runner.
class Host {
public:
    // Over the daemon's socket. Not connected before it is needed; lost, it is connected again, with backoff.
    static Host connect(boost::asio::any_io_executor executor, std::filesystem::path socket, std::shared_ptr<Log> log,
                        HostSettings settings = {});
    // With a launcher of its own, a child process, and the runner program that it starts (empty: the launcher finds
    // it).
    static Host spawn(boost::asio::any_io_executor executor, std::filesystem::path launcher,
                      std::filesystem::path runner, std::shared_ptr<Log> log, HostSettings settings = {},
                      std::optional<Attendance> attendance = {});
    Host(Host &&) noexcept;
    Host &operator=(Host &&) noexcept;
    ~Host();

    // What the launcher says of this system; also if it serves another agent, and so no run of this one's.
    boost::asio::awaitable<Result<frames::Greeting>> greeting();

    // As whom the daemon runs that was reached last; nothing before that, or of a launcher of its own.
    std::optional<uid_t> launcher_user() const;

    // What the plugin in a file says of itself. An error's `where` is the file; `transient` errors are those that say
    // nothing of the file (no launcher): Error::hint is then kTransientHint. One in quarantine is not loaded for it.
    boost::asio::awaitable<Result<Described>> describe(std::filesystem::path plugin);

    const boost::asio::any_io_executor &executor() const;

    // Whether HostSettings::admit lets the file be loaded.
    bool admits(const std::filesystem::path &plugin, const std::string &hash) const;

    // Starts the plugin's runner ahead of need, so that a run begins in the time of a fork. One that is there stays for
    // HostSettings::idle_stop.
    boost::asio::awaitable<Result<void>> warm(std::filesystem::path plugin);

    // Waits until a method may use the line beside those that run, as run() does, so that what holds for a run can be
    // settled when it begins. Empty if the canceller was first. The turn is given up with its last owner.
    boost::asio::awaitable<std::shared_ptr<Turns::Turn>> turn(std::shared_ptr<const frames::Description> description,
                                                              std::uint32_t method,
                                                              std::shared_ptr<Canceller> canceller);

    // Runs a method to its end. An exclusive one (SONDE_EXCLUSIVE) waits for the active ones that run, and those that
    // are asked for after it wait for it. A plugin that the forked process of a run does not begin with is loaded anew
    // by each run from then on, this one first. Never throws for what plugin, runner or launcher do; the result says
    // how it ended. Cancelling the coroutine (terminal) does as Canceller::cancel: the run ends in order, and the
    // result is returned.
    boost::asio::awaitable<RunResult> run(RunRequest request, RowSink &sink);

    // Asks a method's probe whether it can run here. No error: it can, or says nothing of it.
    boost::asio::awaitable<RunResult> probe(std::filesystem::path plugin, std::uint32_t method);

    // Until the plugin's present runner is gone: one that is attended ends after its one run, when its tool has.
    boost::asio::awaitable<void> wait_gone(std::filesystem::path plugin);

    // Takes no further run into the plugin's present runner (its file has changed); ends it when its last run has.
    void retire(const std::filesystem::path &plugin);

    // How often the file has failed to load in a row; nothing if it has not.
    std::optional<LoadFailures> load_failures(const std::filesystem::path &plugin) const;
    // Forgets that. False: it has not failed.
    bool release(const std::filesystem::path &plugin);

    std::size_t runners() const;

private:
    explicit Host(std::shared_ptr<RunnerPool> pool);
    std::shared_ptr<RunnerPool> pool_;
};

// The hint of an error that is about the launcher, not about the plugin's file: worth another try later.
inline constexpr std::string_view kTransientHint = "try again later";

} // namespace sonde::plugin_host
