#include "plugin_host/launcher_link.hpp"

#include <boost/asio/co_spawn.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace sonde::plugin_host {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// The descriptor at which a spawned launcher finds its end of the socket.
constexpr int kLauncherFd = 3;
constexpr auto kBackoffMax = 5000ms;
// A run waits that long for the next attempt; if it is further away, the run fails.
constexpr auto kPatience = 500ms;
// The launcher forks and opens sockets: it has no reason to be slow.
constexpr auto kAnswerTimeout = 5s;
// It greets once it has tried out what the system gives.
constexpr auto kGreetingTimeout = 10s;
// What was missing so long ago is asked for again by whoever minds.
constexpr auto kGreetingAge = 5s;
// A launcher ends by itself when its socket closes.
constexpr auto kEndTimeout = 2s;

} // namespace

LauncherLink::LauncherLink(asio::any_io_executor executor, LauncherPlace place, std::shared_ptr<Log> log)
    : executor_(std::move(executor)), place_(std::move(place)), log_(std::move(log)), greeted_(executor_),
      greeting_limit_(executor_)
{
}

LauncherLink::~LauncherLink()
{
    close();
}

void LauncherLink::close()
{
    if (socket_)
        socket_->close();
    socket_.reset();
    greeting_limit_.cancel();
    greeted_.notify();
    reap();
}

void LauncherLink::reap()
{
    if (child_ == 0)
        return;
    const auto deadline = std::chrono::steady_clock::now() + kEndTimeout;
    while (waitpid(child_, nullptr, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > deadline)
            kill(child_, SIGKILL);
        std::this_thread::sleep_for(1ms);
    }
    child_ = 0;
}

Result<frames::Descriptor> LauncherLink::connect()
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = place_.socket.string();
    if (path.size() >= sizeof address.sun_path)
        return Error{path, "is too long for a socket's path", ""};
    path.copy(address.sun_path, path.size());
    frames::Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return Error{path, "the launcher is not reached: " + std::string(std::strerror(errno)), ""};
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
        user_ = peer.uid;
    return socket;
}

Result<frames::Descriptor> LauncherLink::spawn()
{
    reap();
    auto ends = frames::socket_pair();
    if (!ends)
        return ends.error();
    auto [ours, theirs] = std::move(*ends);
    // adddup2 onto the same number would keep close-on-exec.
    if (theirs.get() == kLauncherFd)
        theirs.reset(fcntl(theirs.get(), F_DUPFD_CLOEXEC, kLauncherFd + 1));
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs.get(), kLauncherFd);
    posix_spawnattr_init(&attributes);
    // A group of its own: Ctrl-C at the terminal is for us, who then ends every run in order. A debugger wants both.
    const bool terminal = place_.attendance && place_.attendance->terminal;
    posix_spawnattr_setflags(&attributes, static_cast<short>(terminal ? 0 : POSIX_SPAWN_SETPGROUP));
    const std::string program = place_.launcher.string();
    std::vector<std::string> words = {program, "--socket-fd", std::to_string(kLauncherFd), "--log", place_.log};
    if (!place_.runner.empty())
        words.insert(words.end(), {"--runner", place_.runner.string()});
    for (const std::string &path : place_.readable)
        words.insert(words.end(), {"--readable", path});
    if (place_.attendance)
        words.emplace_back("--attended");
    if (terminal)
        words.emplace_back("--terminal");
    for (const std::string &word : place_.attendance ? place_.attendance->tool : std::vector<std::string>())
        words.insert(words.end(), {"--tool", word});
    std::vector<char *> arguments;
    for (std::string &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    const int error = posix_spawn(&child, program.c_str(), &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0)
        return Error{program, "the launcher does not start: " + std::string(std::strerror(error)), ""};
    child_ = child;
    return std::move(ours);
}

asio::awaitable<Result<void>> LauncherLink::ensure()
{
    const auto wait = next_attempt_ - std::chrono::steady_clock::now();
    const Error away{"launcher", last_error_, ""};
    if (!socket_ && wait > kPatience)
        co_return away;
    if (!socket_ && wait > 0s) {
        boost::system::error_code ended;
        asio::steady_timer timer(executor_, wait);
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    }
    if (socket_)
        co_return Result<void>{};
    Result<frames::Descriptor> made = place_.socket.empty() ? spawn() : connect();
    // Also after success: one that dies as soon as it is there would otherwise be started in a tight loop.
    backoff_ = std::clamp(2 * backoff_, 100ms, kBackoffMax);
    next_attempt_ = std::chrono::steady_clock::now() + backoff_;
    if (!made) {
        last_error_ = to_string(made.error());
        log_->warn("launcher not reached reason={}", sonde::quoted(last_error_));
        co_return made.error();
    }
    greeting_.reset();
    socket_ = std::make_shared<PacketSocket>(executor_, std::move(*made));
    asio::co_spawn(executor_, read(socket_),
                   [weak = weak_from_this(), socket = socket_](const std::exception_ptr &failure) {
                       const auto self = weak.lock();
                       if (self && self->socket_ == socket)
                           self->lose(failure ? "reading from it failed" : "it has closed the connection");
                   });
    // What it has sent by then is read at once, and may have been reason to leave it.
    if (!socket_)
        co_return Error{"launcher", last_error_, ""};
    expect_greeting();
    co_return Result<void>{};
}

void LauncherLink::expect_greeting()
{
    greeting_limit_.expires_after(kGreetingTimeout);
    greeting_limit_.async_wait([weak = weak_from_this(), socket = socket_](const boost::system::error_code &error) {
        const auto self = weak.lock();
        if (!error && self && self->socket_ == socket && !self->greeting_)
            self->lose("it does not answer");
    });
}

asio::awaitable<void> LauncherLink::read(std::shared_ptr<PacketSocket> socket)
{
    const auto weak = weak_from_this();
    const frames::PacketBuffer buffer;
    for (;;) {
        Result<frames::Received> received = co_await socket->receive(buffer, frames::kSocketsMax);
        const auto self = weak.lock();
        if (!self || self->socket_ != socket || !received || received->transfer == frames::Transfer::gone)
            co_return;
        if (received->transfer == frames::Transfer::would_block)
            continue;
        const auto message = frames::decode<frames::LauncherToAgent>(received->frame);
        // As one of another version does, which was installed while this agent ran, or is still running.
        if (!message)
            self->lose("it sent " + to_string(message.error()));
        if (!message || !self->take(*message, std::move(received->descriptors)))
            co_return;
    }
}

bool LauncherLink::take(const frames::LauncherToAgent &message, std::vector<frames::Descriptor> descriptors)
{
    if (const auto *greeting = std::get_if<frames::Greeting>(&message)) {
        greeting_ = *greeting;
        greeted_at_ = std::chrono::steady_clock::now();
        greeted_.notify();
        if (greeting->busy)
            lose("another agent is connected to it");
        return !greeting->busy;
    }
    backoff_ = 0ms;
    if (const auto *started = std::get_if<frames::RunnerStarted>(&message))
        return answer(started->runner, std::move(descriptors));
    if (const auto *opened = std::get_if<frames::SocketsOpened>(&message))
        return answer(opened->request, std::move(descriptors));
    if (const auto *failed = std::get_if<frames::LauncherError>(&message))
        answer_error(failed->id, failed->error, failed->text, false);
    else if (const auto *refused = std::get_if<frames::PluginRefused>(&message))
        answer_error(refused->runner, EPERM, refused->text, true);
    else if (const auto &ended = std::get<frames::RunnerEnded>(message); on_runner_ended)
        on_runner_ended(ended.runner, ended.wait_status);
    return true;
}

bool LauncherLink::answer(std::uint64_t id, std::vector<frames::Descriptor> descriptors)
{
    const auto found = pending_.find(id);
    if (found == pending_.end())
        return true; // whoever asked has given up
    Pending &pending = *found->second;
    if (descriptors.size() != pending.expected)
        return false;
    pending.answered = true;
    pending.descriptors = std::move(descriptors);
    pending.changed.notify();
    return true;
}

void LauncherLink::answer_error(std::uint64_t id, std::int32_t error, const std::string &text, bool refused)
{
    const auto found = pending_.find(id);
    if (found == pending_.end())
        return;
    Pending &pending = *found->second;
    pending.answered = true;
    pending.error = error;
    pending.text = text;
    pending.refused = refused;
    pending.changed.notify();
}

asio::awaitable<void> LauncherLink::ask(std::shared_ptr<Pending> pending, std::uint64_t id,
                                        frames::AgentToLauncher message)
{
    const auto self = shared_from_this();
    const Result<void> there = co_await ensure();
    const Result<frames::Frame> frame = frames::encode(message);
    if (!there || !frame) {
        pending->error = there ? EINVAL : ENOTCONN;
        pending->text = to_string(there ? frame.error() : there.error());
        co_return;
    }
    pending_[id] = pending;
    socket_->send(*frame);
    const auto deadline = std::chrono::steady_clock::now() + kAnswerTimeout;
    while (!pending->answered && std::chrono::steady_clock::now() < deadline)
        co_await pending->changed.wait_until(deadline);
    pending_.erase(id);
    if (!pending->answered) {
        pending->error = ETIMEDOUT;
        pending->text = "the launcher does not answer";
    }
}

asio::awaitable<Result<frames::Greeting>> LauncherLink::greeting()
{
    const auto self = shared_from_this();
    const Result<void> there = co_await ensure();
    if (!there)
        co_return there.error();
    if (greeting_ && !greeting_->layers.empty() && std::chrono::steady_clock::now() - greeted_at_ >= kGreetingAge) {
        greeting_.reset();
        socket_->send(frames::encode(frames::AgentToLauncher(frames::Greet{})).value());
        expect_greeting();
    }
    while (socket_ && !greeting_)
        co_await greeted_.wait();
    if (greeting_)
        co_return *greeting_;
    co_return Error{"launcher", last_error_, ""};
}

asio::awaitable<LauncherLink::StartedRunner>
LauncherLink::start_runner(std::uint64_t runner, std::filesystem::path plugin, frames::Purpose purpose,
                           std::uint32_t privileges, bool strict, std::vector<std::string> libraries)
{
    const auto pending = std::make_shared<Pending>(executor_);
    pending->expected = attended() ? 2 : 3;
    const frames::AgentToLauncher message =
        frames::StartRunner{runner, plugin.string(), purpose, privileges, strict, std::move(libraries)};
    co_await ask(pending, runner, message);
    StartedRunner started;
    started.refused = pending->refused;
    if (pending->error == 0) {
        started.control = std::move(pending->descriptors[0]);
        started.plugin = std::move(pending->descriptors[1]);
        if (pending->descriptors.size() > 2)
            started.output = std::move(pending->descriptors[2]);
    } else {
        started.error = pending->refused ? pending->text : to_string(Error{"launcher", pending->text, ""});
    }
    co_return started;
}

void LauncherLink::stop_runner(std::uint64_t runner)
{
    if (!socket_)
        return;
    const auto frame = frames::encode(frames::AgentToLauncher(frames::StopRunner{runner}));
    if (frame)
        socket_->send(*frame);
}

asio::awaitable<LauncherLink::Sockets> LauncherLink::open_sockets(frames::OpenSockets request)
{
    const auto pending = std::make_shared<Pending>(executor_);
    request.request = next_id();
    pending->expected = frames::descriptors_for(request.count, request.counter);
    const frames::AgentToLauncher message = request;
    co_await ask(pending, request.request, message);
    Sockets sockets{pending->error, std::move(pending->descriptors), std::move(pending->text)};
    co_return sockets;
}

void LauncherLink::lose(const std::string &why)
{
    log_->warn("launcher lost reason={}", sonde::quoted(why));
    last_error_ = "the launcher was lost: " + why;
    socket_->close();
    socket_.reset();
    greeted_.notify();
    while (!pending_.empty()) {
        const std::uint64_t id = pending_.begin()->first;
        answer_error(id, ENOTCONN, last_error_, false);
        pending_.erase(id);
    }
    if (on_lost)
        on_lost(last_error_);
}

} // namespace sonde::plugin_host
