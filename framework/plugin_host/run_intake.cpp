#include "plugin_host/run.hpp"

#include "frames/text.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <string>
#include <utility>

// What a run's process says, until it has nothing more to say.
namespace sonde::plugin_host {

namespace asio = boost::asio;

namespace {

// A plugin that says more than this in one run floods the agent's log.
constexpr std::uint32_t kLogLinesMax = 500;
// After so many packets in a row that did not have to be waited for, the others get their turn.
constexpr int kPacketsAtOnce = 16;

// Each takes of the kernel's memory, and of the time in which the launcher serves nobody else.
constexpr std::uint32_t kCountersMax = 4;

// No line carries an exabyte in one run: a method that counts more of either kind counts wrongly.
constexpr std::uint64_t kTrafficMax = std::uint64_t{1} << 60;

} // namespace

// Until run() has returned, the process is gone, or it has broken the rules.
asio::awaitable<void> Run::read()
{
    int at_once = 0;
    while (reading()) {
        Result<frames::Received> received = socket_->receive_now(*context_.buffer, 0);
        if (received && received->transfer == frames::Transfer::would_block) {
            if (gone_) {
                // What is gone holds no socket.
                if (!condemned_ && wait_status_)
                    condemned_ = {kStatusBrokeRules,
                                  method().id + " was said to have ended, and holds its socket still"};
                co_return;
            }
            at_once = 0;
            received = co_await socket_->receive(*context_.buffer, 0);
            co_await notice_cancellation();
        }
        if (!received) {
            condemn(kStatusBrokeRules, method().id + " sent " + to_string(received.error()));
            co_return;
        }
        if (received->transfer == frames::Transfer::gone)
            co_return;
        if (received->transfer == frames::Transfer::would_block)
            continue;
        Result<frames::RunToAgent> message = frames::decode<frames::RunToAgent>(received->frame);
        if (!message) {
            condemn(kStatusBrokeRules, method().id + " sent " + to_string(message.error()));
            co_return;
        }
        co_await take(*message);
        if (++at_once >= kPacketsAtOnce) {
            at_once = 0;
            co_await asio::post(context_.executor, asio::use_awaitable);
            co_await notice_cancellation();
        }
    }
}

asio::awaitable<void> Run::take(frames::RunToAgent message)
{
    // Whatever it says, it has begun.
    if (!started_) {
        const auto *word = std::get_if<frames::Begun>(&message);
        begun(word != nullptr ? word->at : now().monotonic);
    }
    if (const auto *rows = std::get_if<frames::Rows>(&message)) {
        co_await take_rows(*rows);
    } else if (const auto *request = std::get_if<frames::SocketRequest>(&message)) {
        co_await open_sockets(*request);
    } else if (const auto *line = std::get_if<frames::LogLine>(&message)) {
        take_log(*line);
    } else if (const auto *progress = std::get_if<frames::Progress>(&message)) {
        sink_->progress(progress->done, progress->total);
    } else if (const auto *traffic = std::get_if<frames::Traffic>(&message)) {
        take_traffic(*traffic);
    } else if (const auto *fail = std::get_if<frames::Fail>(&message)) {
        // A failure after the wish to stop is the method's way to stop.
        if (!failed_)
            failed_ = *fail;
        if (stopped_ && !stopped_->message.empty())
            stopped_->message += ": " + std::exchange(failed_, frames::Fail{})->text;
    } else if (const auto *done = std::get_if<frames::Done>(&message)) {
        done_ = *done;
        result_.ended = now();
    }
}

void Run::take_traffic(const frames::Traffic &more)
{
    if (more.sent_bytes > kTrafficMax - result_.sent_bytes ||
        more.received_bytes > kTrafficMax - result_.received_bytes) {
        condemn(kStatusBrokeRules, method().id + " counts " + std::to_string(more.sent_bytes) + " bytes sent and " +
                                       std::to_string(more.received_bytes) + " received, which no line carries");
        return;
    }
    result_.sent_bytes += more.sent_bytes;
    result_.received_bytes += more.received_bytes;
    sink_->traffic(result_.sent_bytes, result_.received_bytes);
}

asio::awaitable<void> Run::take_rows(frames::Rows rows)
{
    if (rows.table >= formats_.size()) {
        condemn(kStatusBrokeRules, method().id + " sent rows of a table that it does not declare");
        co_return;
    }
    frames::RowReader reader(formats_[rows.table], rows);
    std::string trouble;
    try {
        while (reader.next()) {
            sink_->row(rows.table, reader.cells());
            ++result_.rows;
        }
        const Result<void> stored = co_await sink_->batch_end();
        if (!stored)
            trouble = to_string(stored.error());
    } catch (const std::exception &error) {
        trouble = error.what();
    }
    co_await notice_cancellation();
    if (reader.error())
        condemn(kStatusBrokeRules, method().id + ": " + to_string(*reader.error()));
    else if (!trouble.empty() && !stopped_)
        condemn(kStatusNoStorage, trouble);
}

void Run::take_log(const frames::LogLine &line)
{
    if (++log_lines_ <= kLogLinesMax)
        sink_->log(line.level, line.text);
    else if (log_lines_ == kLogLinesMax + 1)
        sink_->log(SONDE_LOG_WARNING, "it logs too much; further lines are dropped");
}

asio::awaitable<void> Run::open_sockets(frames::SocketRequest request)
{
    // A process that asks on without taking its answers would fill the agent's memory with them.
    if (socket_->queued() > 0) {
        condemn(kStatusBrokeRules, method().id + " does not take the sockets that it asks for");
        co_return;
    }
    const std::uint32_t privilege = frames::privilege_for(request.kind, request.listen_port.has_value());
    LauncherLink::Sockets sockets;
    if ((granted_privileges(context_.settings, method()) & privilege) != privilege) {
        sockets.error = EPERM;
    } else if (request.counter && ++counters_ > kCountersMax) {
        sockets.error = EMFILE;
        sockets.text = "a run has at most " + std::to_string(kCountersMax) + " counters";
    } else {
        const Network &network = request_.arguments.network;
        frames::OpenSockets open{0,
                                 runner_->id(),
                                 request.kind,
                                 request.family,
                                 request.count,
                                 network.interface,
                                 network.source,
                                 request.listen_port,
                                 request.counter};
        sockets = co_await context_.link->open_sockets(open);
        co_await notice_cancellation();
    }
    // A method does without a counter, and says itself where it cannot.
    result_.socket_denied =
        result_.socket_denied || (!request.counter && (sockets.error == EPERM || sockets.error == EACCES));
    const auto reply = frames::encode(frames::AgentToRun(
        frames::SocketReply{request.request, sockets.error, frames::readable(sockets.text, frames::kTextBytesMax)}));
    socket_->send(reply.value(), std::move(sockets.descriptors));
}

} // namespace sonde::plugin_host
