#pragma once

#include "frames/messages.hpp"
#include "frames/socket.hpp"

#include "support/catch.hpp"

#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <vector>

// A test's end of the sockets between agent, launcher and runner. Nothing waits for more than ten seconds: what takes
// longer fails the test.
namespace sonde::test {

inline constexpr int kPatienceMs = 10'000;

template <class Message>
struct Incoming {
    Message message;
    std::vector<frames::Descriptor> descriptors;
};

template <class Out, class In>
class Wire {
public:
    Wire() = default;
    explicit Wire(frames::Descriptor socket) : socket_(std::move(socket)) {}

    int fd() const { return socket_.get(); }
    void close() { socket_.reset(); }

    void send(const Out &message, const std::vector<int> &descriptors = {})
    {
        const auto frame = frames::encode(message);
        REQUIRE(frame);
        const auto sent = frames::send(socket_.get(), *frame, descriptors);
        REQUIRE(sent);
        REQUIRE(*sent == frames::Transfer::done);
    }

    // The next message; none when the other end has closed. What a message views stays until the next call.
    std::optional<Incoming<In>> next()
    {
        pollfd wait{socket_.get(), POLLIN, 0};
        REQUIRE(::poll(&wait, 1, kPatienceMs) == 1);
        auto received = frames::receive(socket_.get(), buffer_, frames::kSocketsMax);
        REQUIRE(received);
        if (received->transfer == frames::Transfer::gone)
            return std::nullopt;
        auto message = frames::decode<In>(received->frame);
        REQUIRE(message);
        return Incoming<In>{std::move(*message), std::move(received->descriptors)};
    }

    // The next message, which must be of this kind.
    template <class Kind>
    Kind expect()
    {
        auto incoming = next();
        REQUIRE(incoming);
        CAPTURE(incoming->message.index());
        REQUIRE(std::holds_alternative<Kind>(incoming->message));
        return std::get<Kind>(incoming->message);
    }

private:
    frames::Descriptor socket_;
    frames::Frame buffer_ = frames::Frame(frames::kFrameBytesMax);
};

// One end of a new pair for a Wire, the other for whom it talks to.
inline std::pair<frames::Descriptor, frames::Descriptor> new_pair()
{
    return frames::socket_pair().value();
}

} // namespace sonde::test
