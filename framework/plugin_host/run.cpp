#include "plugin_host/run.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

namespace sonde::plugin_host {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// From the end of a process, or SIGKILL, to the runner's word that it has ended.
constexpr auto kExitTimeout = 2s;

// Readable for ever: of a semaphore, a plugin that reads it by mistake takes one of many.
Result<frames::Descriptor> make_cancel_descriptor()
{
    frames::Descriptor descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE));
    if (!descriptor)
        return Error{"eventfd", std::strerror(errno), ""};
    return descriptor;
}

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
    result_.started = now();
    if (request_.canceller)
        request_.canceller->notify_ = [weak = weak_from_this()] {
            const auto run = weak.lock();
            if (run)
                run->ask_to_stop(kStatusCancelled, "cancelled");
        };
    const bool begun = co_await begin();
    if (begun) {
        co_await read();
        co_await wait_gone();
        runner_->forget(invocation_);
    }
    alarm_.cancel();
    turn_ = Turns::Turn();
    if (request_.canceller)
        request_.canceller->notify_ = nullptr;
    conclude();
    co_return result_;
}

// Brings the process into being. False: there is none, and the result is decided.
asio::awaitable<bool> Run::begin()
{
    if (request_.canceller && request_.canceller->cancelled())
        condemned_ = {kStatusCancelled, "cancelled before it began"};
    else if (request_.deadline && *request_.deadline <= result_.started.monotonic)
        condemned_ = {kStatusTimeout, "its deadline passed before it began"};
    else if (!request_.description || request_.method >= request_.description->methods.size())
        condemned_ = {kStatusNoMethod, "no such method"};
    else if (takes_input() && input_bytes() > kInputBytesMax)
        condemned_ = {kStatusBadOptions, "its input has " + std::to_string(input_bytes()) + " bytes, and may have " +
                                             std::to_string(kInputBytesMax)};
    if (!condemned_)
        co_await await_turn();
    if (condemned_ || stopped_)
        co_return false;
    runner_ = context_.runner_of(request_.plugin);
    co_await runner_->wait_settled();
    co_await notice_cancellation();
    if (stopped_)
        co_return false;
    if (!runner_->ready())
        condemned_ = {unready_status(), to_string(runner_->error())};
    else if (runner_->hash() != request_.hash)
        condemned_ = {kStatusNoMethod, request_.plugin.string() + " is not the plugin that was chosen any more"};
    if (condemned_)
        co_return false;
    co_return invoke();
}

std::int32_t Run::unready_status() const
{
    if (context_.quarantined(request_.plugin))
        return kStatusQuarantined;
    if (runner_->cause() != Cause::launcher)
        return kStatusNoMethod;
    return context_.link->connected() ? kStatusNotStarted : kStatusNoLauncher;
}

// Until the method may use the line beside those that do.
asio::awaitable<void> Run::await_turn()
{
    const bool exclusive = (method().flags & SONDE_EXCLUSIVE) != 0;
    if (probe_ || (!exclusive && (method().flags & SONDE_ACTIVE) == 0))
        co_return;
    turn_ = context_.turns->ask(exclusive, [weak = weak_from_this()] {
        if (const auto run = weak.lock())
            run->turn_changed_.notify();
    });
    const MonotonicTime limit = request_.deadline.value_or(MonotonicTime::max());
    while (!turn_.come() && !stopped_ && !condemned_) {
        co_await turn_changed_.wait_until(limit);
        co_await notice_cancellation();
        if (!turn_.come() && now().monotonic >= limit)
            condemned_ = {kStatusTimeout, "its deadline passed before its turn on the line came"};
    }
}

bool Run::invoke()
{
    invocation_ = context_.link->next_id();
    for (const auto &table : method().tables)
        formats_.emplace_back(table);
    auto ends = frames::socket_pair();
    Result<frames::Descriptor> cancel = make_cancel_descriptor();
    frames::Descriptor theirs_cancel(cancel ? fcntl(cancel->get(), F_DUPFD_CLOEXEC, 0) : -1);
    if (!ends || !cancel || !theirs_cancel) {
        condemned_ = {kStatusNotStarted, ends ? "no descriptor is free" : to_string(ends.error())};
        return false;
    }
    frames::AgentToRunner message = frames::Probe{invocation_, request_.method};
    if (!probe_)
        message = invocation();
    Result<frames::Frame> frame = frames::encode(message);
    if (!frame) {
        condemned_ = {kStatusBadOptions, to_string(frame.error())};
        return false;
    }
    socket_ = std::make_shared<PacketSocket>(context_.executor, std::move(ends->first));
    cancel_ = std::move(*cancel);
    std::vector<frames::Descriptor> descriptors;
    descriptors.push_back(std::move(ends->second));
    descriptors.push_back(std::move(theirs_cancel));
    runner_->invoke(invocation_, shared_from_this(), std::move(*frame), std::move(descriptors));
    if (takes_input())
        send_inputs();
    arm(std::chrono::steady_clock::now() + context_.settings.start_timeout);
    return true;
}

frames::Invoke Run::invocation() const
{
    frames::Invoke invoke;
    invoke.invocation = invocation_;
    invoke.method = request_.method;
    invoke.values = request_.arguments.values;
    invoke.deadline = request_.deadline;
    invoke.family = request_.arguments.network.family;
    invoke.interface = request_.arguments.network.interface;
    invoke.interface_index = request_.arguments.network.interface_index;
    invoke.source = request_.arguments.network.source;
    for (const frames::Parameter &parameter : request_.parameters)
        if (std::find(method().parameters.begin(), method().parameters.end(), parameter.name) !=
            method().parameters.end())
            invoke.parameters.push_back(parameter);
    invoke.takes_input = takes_input();
    invoke.trace = request_.trace;
    return invoke;
}

std::size_t Run::input_bytes() const
{
    std::size_t bytes = 0;
    for (const std::shared_ptr<Input> &input : request_.inputs)
        bytes += input->bytes();
    return bytes;
}

void Run::send_inputs()
{
    std::uint32_t index = 0;
    for (const std::shared_ptr<Input> &input : request_.inputs)
        for (frames::Frame &message : input->messages(index++))
            socket_->send(std::move(message));
    socket_->send(frames::encode(frames::AgentToRun(frames::InputsEnd{})).value());
}

void Run::started()
{
    if (started_)
        return;
    started_ = true;
    // Two sockets bring these words: a short run's end may be read before its start.
    if (!done_)
        result_.started = now();
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
    if (!condemned_)
        condemned_ = {kStatusNotStarted, why};
    gone_ = true;
    wake();
}

void Run::runner_died(const std::string &why)
{
    // Of a process that has ended already, its runner's end says nothing: what it sent is still read.
    const bool killed_with_it = context_.link->attended() && stage_ == Stage::killed;
    if (!gone_ && !done_ && !condemned_ && !killed_with_it)
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
    if (!started_) {
        stage_ = Stage::abandoned;
        runner_->stop("it did not answer");
        return;
    }
    if (context_.link->attended() && stage_ != Stage::running) {
        stage_ = Stage::killed;
        return runner_->stop("it did not end its run when asked");
    }
    switch (stage_) {
    case Stage::running:
        return ask_to_stop(kStatusTimeout, "its deadline passed");
    case Stage::asked:
        stage_ = Stage::terminated;
        runner_->signal(invocation_, SIGTERM);
        return arm(now + context_.settings.term_grace);
    case Stage::terminated:
        stage_ = Stage::killed;
        runner_->signal(invocation_, SIGKILL);
        return arm(now + kExitTimeout);
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

void Run::condemn(std::int32_t status, std::string message)
{
    if (!condemned_)
        condemned_ = {status, std::move(message)};
    stage_ = Stage::killed;
    runner_->signal(invocation_, SIGKILL);
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
        result_.ended = now();
    // The process watches the deadline itself, and may be back before the alarm here.
    const bool late = request_.deadline && result_.ended.monotonic >= *request_.deadline;
    const Evidence evidence{condemned_, stopped_, stage_ >= Stage::terminated, failed_, done_, late, wait_status_};
    const frames::MethodDescription *known =
        request_.description && request_.method < request_.description->methods.size() ? &method() : nullptr;
    const Verdict verdict = judge(evidence, known);
    result_.status = verdict.status;
    result_.message = verdict.message;
    result_.blame = blame_of(verdict.status, known);
}

} // namespace sonde::plugin_host
