#include "plugin_host/run.hpp"

#include "plugin_host/long_lists.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

// How a run comes into being: its turn, its runner, its process.
namespace sonde::plugin_host {

namespace asio = boost::asio;

namespace {

// Readable for ever: of a semaphore, a plugin that reads it by mistake takes one of many.
Result<frames::Descriptor> make_cancel_descriptor()
{
    frames::Descriptor descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE));
    if (!descriptor)
        return Error{"eventfd", std::strerror(errno), ""};
    return descriptor;
}

} // namespace

void Run::heed_canceller()
{
    if (!request_.canceller)
        return;
    request_.canceller->notify_ = [weak = weak_from_this()] {
        const auto run = weak.lock();
        if (run)
            run->ask_to_stop(kStatusCancelled, "cancelled");
    };
}

asio::awaitable<std::shared_ptr<Turns::Turn>> Run::only_turn()
{
    const auto self = shared_from_this();
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
    if (request_.canceller && request_.canceller->cancelled())
        co_return nullptr;
    heed_canceller();
    co_await await_turn();
    if (request_.canceller)
        request_.canceller->notify_ = nullptr;
    co_return stopped_ ? nullptr : std::make_shared<Turns::Turn>(std::move(turn_));
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
    else if (bytes_of(request_.arguments.values) > kOptionBytesMax)
        condemned_ = {kStatusBadOptions, "its options have " + std::to_string(bytes_of(request_.arguments.values)) +
                                             " bytes, and may have " + std::to_string(kOptionBytesMax)};
    if (!condemned_)
        co_await await_turn();
    if (condemned_ || stopped_)
        co_return false;
    const bool launched = co_await launch();
    co_return launched;
}

asio::awaitable<bool> Run::launch()
{
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
    if (probe_ || request_.turn || (!exclusive && (method().flags & SONDE_ACTIVE) == 0))
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
    Result<std::vector<frames::Frame>> more = std::vector<frames::Frame>();
    frames::AgentToRunner message = frames::Probe{invocation_, request_.method};
    if (!probe_) {
        frames::Invoke invoke = invocation();
        more = take_out_long_lists(invoke);
        message = std::move(invoke);
    }
    Result<frames::Frame> frame = frames::encode(message);
    if (!frame || !more) {
        condemned_ = {kStatusBadOptions, to_string(frame ? more.error() : frame.error())};
        return false;
    }
    socket_ = std::make_shared<PacketSocket>(context_.executor, std::move(ends->first));
    cancel_ = std::move(*cancel);
    std::vector<frames::Descriptor> descriptors;
    descriptors.push_back(std::move(ends->second));
    descriptors.push_back(std::move(theirs_cancel));
    runner_->invoke(invocation_, shared_from_this(), std::move(*frame), std::move(descriptors));
    if (takes_input() || !more->empty())
        send_inputs(std::move(*more));
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
    invoke.known_names = request_.known_names;
    invoke.not_before = request_.not_before;
    return invoke;
}

std::size_t Run::input_bytes() const
{
    std::size_t bytes = 0;
    for (const std::shared_ptr<Input> &input : request_.inputs)
        bytes += input->bytes();
    return bytes;
}

// Behind further items of its options.
void Run::send_inputs(std::vector<frames::Frame> first)
{
    for (frames::Frame &message : first)
        socket_->send(std::move(message));
    std::uint32_t index = 0;
    if (takes_input())
        for (const std::shared_ptr<Input> &input : request_.inputs)
            for (frames::Frame &message : input->messages(index++))
                socket_->send(std::move(message));
    socket_->send(frames::encode(frames::AgentToRun(frames::InputsEnd{})).value());
}

} // namespace sonde::plugin_host
