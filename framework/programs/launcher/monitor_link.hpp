#pragma once

#include "frames/messages.hpp"
#include "frames/packet_buffer.hpp"
#include "frames/socket.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace sonde::launcher {

// The front's conversation with the monitor, which has made it. A process whose monitor is gone ends: it can do
// nothing.
class MonitorLink {
public:
    explicit MonitorLink(frames::Descriptor socket) : socket_(std::move(socket)) {}

    struct Answer {
        frames::MonitorToFront message; // none of the ends
        std::vector<frames::Descriptor> descriptors;
    };
    // Waits for the answer.
    Answer ask(const frames::FrontToMonitor &request, std::span<const int> descriptors = {});
    // Has a runner killed; its end comes like any other.
    void stop(std::uint64_t runner);
    // Waits for a runner's end, which take_ends() then has not.
    void await_end(std::uint64_t runner);
    // Receives an end, if one has come: to be called when the descriptor is readable.
    void receive_end();
    int descriptor() const { return socket_.get(); }
    // The runners that had ended when anything was received last, in their order, each once.
    std::vector<frames::RunnerEnded> take_ends() { return std::exchange(ends_, {}); }

private:
    void send(const frames::FrontToMonitor &message, std::span<const int> descriptors);
    // Nothing: none is there, and it was not to be waited for.
    std::optional<Answer> receive(int flags);

    frames::Descriptor socket_;
    std::vector<frames::RunnerEnded> ends_;
    frames::PacketBuffer buffer_;
};

} // namespace sonde::launcher
