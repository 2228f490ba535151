#include "plugin_host/runner.hpp"

#include "plugin_host/loaded_places.hpp"
#include "plugin_host/status.hpp"

#include <boost/asio/co_spawn.hpp>

#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace sonde::plugin_host {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// From the launcher's word that the runner is gone to giving up on what may still be in its socket.
constexpr auto kDrainTimeout = 200ms;
// From the end of its socket to giving up on the launcher's word of how it ended.
constexpr auto kWordTimeout = 5s;
// Runs that follow each other do not look at each file again: that takes a tenth of the time to their first rows.
constexpr auto kLooksApart = 20ms;

} // namespace

std::string wait_status_text(int wait_status)
{
    if (!WIFSIGNALED(wait_status))
        return "ended with status " + std::to_string(WEXITSTATUS(wait_status));
    const int signal = WTERMSIG(wait_status);
    const char *description = sigdescr_np(signal);
    return "killed by " + status_name(-signal) + (description != nullptr ? " (" + std::string(description) + ")" : "");
}

Runner::Runner(asio::any_io_executor executor, std::shared_ptr<LauncherLink> link, std::filesystem::path plugin,
               std::shared_ptr<Log> log, HostSettings settings, std::shared_ptr<KnownPlugins> known)
    : executor_(std::move(executor)), link_(std::move(link)), plugin_(std::move(plugin)), log_(std::move(log)),
      settings_(std::move(settings)), known_(std::move(known)), id_(link_->next_id()), settled_(executor_),
      timer_(executor_), idle_since_(std::chrono::steady_clock::now())
{
}

void Runner::refuse(const std::string &why)
{
    error_ = {plugin_.string(), why, ""};
    cause_ = Cause::load;
    state_ = State::dead;
}

void Runner::start(std::chrono::milliseconds timeout, bool cold)
{
    cold_ = cold;
    start_timeout_ = timeout;
    limit_start();
    asio::co_spawn(executor_, live(), [self = shared_from_this()](const std::exception_ptr &failure) {
        if (failure)
            self->die("its connection failed", Cause::launcher);
    });
}

// For the process that describes the plugin, and again for the one that takes its runs.
void Runner::limit_start()
{
    timer_.expires_after(start_timeout_);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code &error) {
        const auto self = weak.lock();
        if (!error && self && !self->settled())
            self->stop("it did not start in time", self->own_end());
    });
}

asio::awaitable<void> Runner::wait_settled()
{
    const auto self = shared_from_this();
    struct Waiter {
        explicit Waiter(std::size_t &count) : count_(count) { ++count_; }
        ~Waiter() { --count_; }
        std::size_t &count_;
    } const waiter(waiters_);
    while (!settled())
        co_await settled_.wait();
}

asio::awaitable<void> Runner::wait_dead()
{
    const auto self = shared_from_this();
    while (state_ != State::dead)
        co_await settled_.wait();
}

bool Runner::regranted() const
{
    return ready() && !link_->attended() && privileges_of(*description_) != privileges_;
}

Result<void> Runner::check(const frames::Description &description) const
{
    if (auto meaningful = check_texts(description); !meaningful)
        return meaningful;
    return check_places(description.files, file_, settings_.readable);
}

void Runner::take_description(const frames::Description &description)
{
    if (state_ != State::starting)
        return stop("it described itself unasked");
    if (const auto meant = check(description); !meant)
        return die(to_string(meant.error()), Cause::file);
    auto described = std::make_shared<const frames::Description>(description);
    if (expected_) {
        // What it has loaded, and what comes of that, is seen in this process alone.
        frames::Description before = *expected_;
        before.files = description.files;
        before.cold = description.cold;
        if (before != description)
            return die("describes itself otherwise once it has more to find", Cause::file);
        // One in memory, not one a runner.
        const auto known = known_->find(plugin_);
        if (*expected_ == description)
            described = expected_;
        else if (known != known_->end() && known->second.described.description == expected_)
            known->second.described.description = described;
        expected_ = described;
    }
    description_ = std::move(described);
    state_ = State::ready;
    idle_since_ = std::chrono::steady_clock::now();
    timer_.cancel();
    if (on_settled)
        on_settled(*this);
    settled_.notify();
}

void Runner::take(const frames::RunnerToAgent &message)
{
    if (const auto *description = std::get_if<frames::Description>(&message))
        return take_description(*description);
    if (const auto *failed = std::get_if<frames::DescribeFailed>(&message))
        return die(failed->text, failed->died ? Cause::load : Cause::file);
    if (const auto *started = std::get_if<frames::Started>(&message))
        return take(*started);
    if (const auto *fault = std::get_if<frames::BearsNoFork>(&message)) {
        if (!std::exchange(bears_no_fork_, true) && on_bears_no_fork)
            on_bears_no_fork(*this, fault->text);
        return;
    }
    if (const auto *exited = std::get_if<frames::Exited>(&message)) {
        if (const auto run = take_over(exited->invocation))
            run->exited(exited->wait_status);
    } else if (const auto *refused = std::get_if<frames::InvokeFailed>(&message)) {
        if (const auto run = take_over(refused->invocation))
            run->invoke_failed(refused->text);
    }
}

void Runner::take(const frames::Started &started)
{
    const auto found = runs_.find(started.invocation);
    if (found == runs_.end() || std::exchange(found->second.started, true))
        return stop("it spoke of a run's start that nobody waits for");
    if (const auto run = found->second.events.lock())
        run->started();
}

// A run that is over is so once. Whatever else a runner says of runs is made up, by a plugin that got hold of its
// socket, and would otherwise keep the agent busy without end.
std::shared_ptr<InvocationEvents> Runner::take_over(std::uint64_t invocation)
{
    const auto found = runs_.extract(invocation);
    if (found) {
        idle_since_ = std::chrono::steady_clock::now();
        return found.mapped().events.lock();
    }
    stop("it spoke of a run's end that nobody waits for");
    return nullptr;
}

bool Runner::outdated()
{
    const auto at = std::chrono::steady_clock::now();
    if (at - looked_at_ < kLooksApart)
        return false;
    looked_at_ = at;
    // What cannot be seen from here says nothing: another runner would not be found newer.
    const auto changed = [](const frames::LoadedFile &file) {
        const auto now = frames::loaded_file(file.path);
        return now && *now != file;
    };
    return ready() && std::any_of(description_->files.begin(), description_->files.end(), changed);
}

void Runner::invoke(std::uint64_t invocation, const std::shared_ptr<InvocationEvents> &events, frames::Frame frame,
                    std::vector<frames::Descriptor> descriptors)
{
    runs_[invocation] = {events};
    control_->send(std::move(frame), std::move(descriptors));
}

void Runner::signal(std::uint64_t invocation, int signal)
{
    if (state_ == State::ready)
        control_->send(frames::encode(frames::AgentToRunner(frames::Signal{invocation, signal})).value());
}

void Runner::forget(std::uint64_t invocation)
{
    runs_.erase(invocation);
    idle_since_ = std::chrono::steady_clock::now();
    // Its last words come before those of its result.
    if (output_)
        output_->take_now();
}

void Runner::stop(const std::string &why, Cause cause)
{
    link_->stop_runner(id_);
    die(why, cause);
}

void Runner::ended(int wait_status)
{
    error_.what = wait_status_text(wait_status);
    wait_status_ = wait_status;
    if (silent_)
        die("it has ended", own_end());
    else
        die_after(kDrainTimeout);
}

// Its socket is closed. If it has runs, or is loading its plugin, the launcher knows how that has ended; or that it is
// the launcher that has, which may be seen later than the end of what it had started.
void Runner::fall_silent()
{
    silent_ = true;
    const bool of_interest = state_ == State::starting || !runs_.empty();
    // One that lives on without its socket is of no more use, and its end is not to be waited for.
    if (!runs_.empty() && !link_->attended())
        link_->stop_runner(id_);
    if (of_interest && !wait_status_)
        die_after(kWordTimeout);
    else
        die("it has ended", own_end());
}

void Runner::die_after(std::chrono::milliseconds time)
{
    if (state_ == State::dead)
        return;
    timer_.expires_after(time);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code &error) {
        const auto self = weak.lock();
        if (!error && self)
            self->die("it has ended", self->own_end());
    });
}

void Runner::die(const std::string &why, Cause cause)
{
    if (state_ == State::dead)
        return;
    const bool known = !error_.what.empty();
    const bool news = !settled();
    error_ = {plugin_.string(), known ? error_.what : why, ""};
    cause_ = cause;
    state_ = State::dead;
    timer_.cancel();
    if (output_)
        output_->take_now();
    if (control_)
        control_->close();
    link_->stop_runner(id_);
    if (news && on_settled)
        on_settled(*this);
    settled_.notify();
    if (cause != Cause::file)
        log_->debug("runner gone plugin={} reason={}", sonde::quoted(name()), sonde::quoted(error_.what));
    for (const auto &[id, invoked] : std::exchange(runs_, {}))
        if (const auto run = invoked.events.lock(); run && link_->attended() && wait_status_)
            run->exited(*wait_status_);
        else if (run)
            run->runner_died("the runner of " + name() + ": " + error_.what);
}

} // namespace sonde::plugin_host
