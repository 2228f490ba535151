#include "programs/launcher/monitor_link.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace sonde::launcher {

using namespace sonde::frames;

MonitorLink::Answer MonitorLink::ask(const FrontToMonitor &request, std::span<const int> descriptors)
{
    send(request, descriptors);
    for (;;) {
        Answer answer = *receive(0);
        if (const auto *end = std::get_if<RunnerEnded>(&answer.message))
            ends_.push_back(*end);
        else
            return answer;
    }
}

void MonitorLink::stop(std::uint64_t runner)
{
    send(StopRunner{runner}, {});
}

void MonitorLink::await_end(std::uint64_t runner)
{
    const auto is_it = [&](const RunnerEnded &end) { return end.runner == runner; };
    while (std::erase_if(ends_, is_it) == 0)
        // Nothing else was asked, so it is no answer.
        ends_.push_back(std::get<RunnerEnded>(receive(0)->message));
}

void MonitorLink::receive_end()
{
    if (const auto came = receive(MSG_DONTWAIT))
        ends_.push_back(std::get<RunnerEnded>(came->message));
}

void MonitorLink::send(const FrontToMonitor &message, std::span<const int> descriptors)
{
    const Result<Frame> frame = encode(message);
    const Result<Transfer> sent = frame ? frames::send(socket_.get(), *frame, descriptors) : frame.error();
    if (!sent || *sent != Transfer::done)
        ::_exit(1);
}

std::optional<MonitorLink::Answer> MonitorLink::receive(int flags)
{
    Result<Received> received = frames::receive(socket_.get(), buffer_, kSocketsMax, flags);
    if (received && received->transfer == Transfer::would_block)
        return std::nullopt;
    if (!received || received->transfer == Transfer::gone)
        ::_exit(0);
    Result<MonitorToFront> message = decode<MonitorToFront>(received->frame);
    if (!message)
        ::_exit(1);
    return Answer{std::move(*message), std::move(received->descriptors)};
}

} // namespace sonde::launcher
