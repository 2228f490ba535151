#include "plugin_host/run.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

namespace sonde::plugin_host {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// From the end of a process, or SIGKILL, to the runner's word that it has ended.
constexpr auto kExitTimeout = 2s;

} // namespace

void Canceller::cancel()
{
    cancelled_ = true;
    if (notify_)
        notify_();
}

Run::Run(RunContext context, RunRequest request, RowSink &sink)
    : context_(std::move(context)), request_(std::move(request)), sink_(&sink), alarm_(context_.executor),
      changed_(context_.executor), turn_changed_(context_.executor)
{
}

asio::awaitable<RunResult> Run::go()
{
    const auto self = shared_from_this();
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    result_.started = present();
    heed_canceller();
    const bool begun = co_await begin();
    if (begun)
        co_await live();
    alarm_.cancel();
    turn_ = Turns::Turn();
    request_.turn.reset();
    if (request_.canceller)
        request_.canceller->notify_ = nullptr;
    conclude();
    co_return result_;
}

// A process of the run; once more, with the plugin loaded in it alone, if the first one was silent.
asio::awaitable<void> Run::live()
{
    co_await read();
    co_await wait_gone();
    runner_->forget(invocation_);
    if (silent_ && started_)
        context_.run_cold(request_.plugin, "the process of a run began too late");
    if (!bore_no_fork())
        co_return;
    context_.run_cold(request_.plugin, "the forked process of a run did not begin");
    begin_anew();
    const bool launched = co_await launch();
    if (!launched)
        co_return;
    co_await read();
    co_await wait_gone();
    runner_->forget(invocation_);
}

bool Run::bore_no_fork() const
{
    return is_warm() && !started_ && (silent_ || wait_status_) && !stopped_ && !condemned_;
}

void Run::begin_anew()
{
    alarm_.cancel();
    stage_ = Stage::running;
    forked_ = silent_ = gone_ = false;
    signalled_ = 0;
    wait_status_.reset();
    formats_.clear();
}

bool Run::is_warm() const
{
    return !context_.link->attended() && !frames::runs_cold(*runner_->description());
}

void Run::started()
{
    forked_ = true;
    if (!started_ && stage_ == Stage::running && is_warm())
        arm(std::chrono::steady_clock::now() + context_.settings.silence);
}

void Run::begun(MonotonicTime at)
{
    started_ = result_.began = true;
    result_.started = told(at, result_.started, present());
    if (stage_ == Stage::asked)
        arm(std::chrono::steady_clock::now() + context_.settings.cancel_grace);
    else if (stage_ != Stage::running)
        return;
    else if (request_.deadline)
        arm(*request_.deadline);
    else
        alarm_.cancel();
}

void Run::exited(int wait_status)
{
    wait_status_ = wait_status;
    gone_ = true;
    wake();
    const int signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    // All children of a runner share its address layout and stack canary: a crash may be a guess at them.
    if (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGABRT)
        context_.retire(request_.plugin);
}

void Run::invoke_failed(const std::string &why)
{
    if (runner_->bears_no_fork())
        silent_ = true;
    else if (!condemned_)
        condemned_ = {kStatusNotStarted, why};
    gone_ = true;
    wake();
}

void Run::runner_died(const std::string &why)
{
    // Of a process that has ended already, its runner's end says nothing: what it sent is still read.
    const bool killed_with_it = context_.link->attended() && stage_ == Stage::killed;
    if (!gone_ && !done_ && !condemned_ && !killed_with_it && !silent_)
        condemned_ = {context_.link->connected() ? kStatusRunnerDied : kStatusNoLauncher, why};
    gone_ = true;
    wake();
}

void Run::wake()
{
    changed_.notify();
    if (socket_)
        socket_->interrupt();
}

void Run::arm(std::chrono::steady_clock::time_point when)
{
    alarm_.expires_at(when);
    alarm_.async_wait([weak = weak_from_this()](const boost::system::error_code &error) {
        const auto self = weak.lock();
        if (!error && self)
            self->on_alarm();
    });
}

void Run::on_alarm()
{
    const auto now = std::chrono::steady_clock::now();
    if (gone_ || stage_ == Stage::abandoned)
        return;
    if (!started_ && forked_ && stage_ < Stage::killed && !context_.link->attended()) {
        if (stopped_)
            return kill();
        if (!is_warm())
            return condemn(kStatusNotStarted, "its process did not begin");
        // Its word may lie there by now.
        return asio::post(context_.executor, [self = shared_from_this()] { self->give_up_silent(); });
    }
    if (!started_) {
        silent_ = silent_ || (!forked_ && !stopped_ && !condemned_ && is_warm());
        stage_ = Stage::abandoned;
        runner_->stop("it did not answer");
        return;
    }
    if (context_.link->attended() && stage_ != Stage::running) {
        stage_ = Stage::killed;
        signalled_ = SIGKILL;
        return runner_->stop("it did not end its run when asked");
    }
    switch (stage_) {
    case Stage::running:
        return ask_to_stop(kStatusTimeout, "its deadline passed");
    case Stage::asked:
        stage_ = Stage::terminated;
        end_by(SIGTERM);
        return arm(now + context_.settings.term_grace);
    case Stage::terminated:
        return kill();
    default:
        stage_ = Stage::abandoned;
        runner_->stop("it does not end a run that it was told to kill");
        return;
    }
}

void Run::ask_to_stop(std::int32_t status, std::string message)
{
    if (stage_ != Stage::running || done_)
        return;
    stopped_ = {status, std::move(message)};
    stage_ = Stage::asked;
    turn_changed_.notify();
    if (!cancel_)
        return;
    const std::uint64_t many = UINT64_MAX - 1;
    if (write(cancel_.get(), &many, sizeof many) < 0)
        runner_->signal(invocation_, SIGTERM);
    if (started_)
        arm(std::chrono::steady_clock::now() + context_.settings.cancel_grace);
}

void Run::give_up_silent()
{
    if (started_ || gone_ || stage_ != Stage::running)
        return;
    silent_ = true;
    kill();
}

void Run::condemn(std::int32_t status, std::string message)
{
    if (!condemned_)
        condemned_ = {status, std::move(message)};
    kill();
}

void Run::end_by(int signal)
{
    signalled_ = signal;
    runner_->signal(invocation_, signal);
}

void Run::kill()
{
    stage_ = Stage::killed;
    end_by(SIGKILL);
    arm(std::chrono::steady_clock::now() + kExitTimeout);
}

asio::awaitable<void> Run::notice_cancellation()
{
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        ask_to_stop(kStatusCancelled, "cancelled");
}

// run() has returned or its socket is closed: the process has a moment to follow.
asio::awaitable<void> Run::wait_gone()
{
    if (!gone_ && stage_ != Stage::killed && stage_ != Stage::abandoned) {
        stage_ = Stage::terminated;
        arm(std::chrono::steady_clock::now() + context_.settings.term_grace);
    }
    while (!gone_ && stage_ != Stage::abandoned)
        co_await changed_.wait();
    // Should its end be made up, it is there still. A runner leaves alone what is gone.
    if (wait_status_ && !done_)
        runner_->signal(invocation_, SIGKILL);
    socket_->close();
}

void Run::conclude()
{
    if (result_.ended.monotonic == MonotonicTime{})
        result_.ended = present();
    // The process watches the deadline itself, and may be back before the alarm here.
    const bool late = request_.deadline && result_.ended.monotonic >= *request_.deadline;
    const Evidence evidence{condemned_, stopped_, signalled_, silent_, failed_, done_, late, wait_status_};
    const frames::MethodDescription *known =
        request_.description && request_.method < request_.description->methods.size() ? &method() : nullptr;
    const Verdict verdict = judge(evidence, known);
    result_.status = verdict.status;
    result_.message = verdict.message;
    result_.blame = blame_of(verdict.status, known);
}

} // namespace sonde::plugin_host
