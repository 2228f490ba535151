#pragma once

#include "frames/messages.hpp"
#include "frames/packet_buffer.hpp"
#include "frames/socket.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <vector>

namespace sonde::plugin_host {

// A SEQPACKET socket in an Asio loop. Sending never blocks: what the kernel does not take at once waits here.
class PacketSocket : public std::enable_shared_from_this<PacketSocket> {
public:
    PacketSocket(const boost::asio::any_io_executor &executor, frames::Descriptor socket);

    // The next packet. Transfer::would_block: interrupted, by interrupt() or by cancellation.
    boost::asio::awaitable<Result<frames::Received>> receive(std::span<std::byte> buffer, std::size_t descriptors_max);
    // The same without waiting.
    Result<frames::Received> receive_now(std::span<std::byte> buffer, std::size_t descriptors_max);

    // Sends, or queues behind what waits already. What cannot be sent any more is dropped: whoever receives learns that
    // the other end is gone.
    void send(frames::Frame frame, std::vector<frames::Descriptor> descriptors = {});
    // Packets that wait here.
    std::size_t queued() const { return queue_.size(); }

    // Ends the wait of receive().
    void interrupt();
    void close();
    // Whether the other end is gone, which receive() may not have told yet: what two sockets have in one look is told
    // in any order.
    bool hung_up();

private:
    struct Packet {
        frames::Frame frame;
        std::vector<frames::Descriptor> descriptors;
    };

    bool send_now(const Packet &packet);
    void wait_to_send();

    boost::asio::posix::stream_descriptor socket_;
    std::deque<Packet> queue_;
};

} // namespace sonde::plugin_host
