#include "plugin_host/packet_socket.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <poll.h>
#include <sys/socket.h>

namespace sonde::plugin_host {

namespace asio = boost::asio;

PacketSocket::PacketSocket(const asio::any_io_executor &executor, frames::Descriptor socket)
    : socket_(executor, socket.release())
{
}

Result<frames::Received> PacketSocket::receive_now(std::span<std::byte> buffer, std::size_t descriptors_max)
{
    if (!socket_.is_open())
        return frames::Received{};
    return frames::receive(socket_.native_handle(), buffer, descriptors_max, MSG_DONTWAIT);
}

asio::awaitable<Result<frames::Received>> PacketSocket::receive(std::span<std::byte> buffer,
                                                                std::size_t descriptors_max)
{
    const auto self = shared_from_this();
    Result<frames::Received> received = receive_now(buffer, descriptors_max);
    if (!received || received->transfer != frames::Transfer::would_block)
        co_return received;
    boost::system::error_code ended;
    co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                                asio::redirect_error(asio::use_awaitable, ended));
    co_return receive_now(buffer, descriptors_max);
}

void PacketSocket::send(frames::Frame frame, std::vector<frames::Descriptor> descriptors)
{
    Packet packet{std::move(frame), std::move(descriptors)};
    if (!socket_.is_open() || (queue_.empty() && send_now(packet)))
        return;
    queue_.push_back(std::move(packet));
    if (queue_.size() == 1)
        wait_to_send();
}

// False: the kernel's buffer is full.
bool PacketSocket::send_now(const Packet &packet)
{
    std::vector<int> descriptors;
    for (const frames::Descriptor &descriptor : packet.descriptors)
        descriptors.push_back(descriptor.get());
    const auto sent = frames::send(socket_.native_handle(), packet.frame, descriptors, MSG_DONTWAIT);
    return !sent || *sent != frames::Transfer::would_block;
}

void PacketSocket::wait_to_send()
{
    socket_.async_wait(asio::posix::stream_descriptor::wait_write,
                       [weak = weak_from_this()](const boost::system::error_code &) {
                           const auto self = weak.lock();
                           if (!self || !self->socket_.is_open())
                               return;
                           while (!self->queue_.empty() && self->send_now(self->queue_.front()))
                               self->queue_.pop_front();
                           if (!self->queue_.empty())
                               self->wait_to_send();
                       });
}

void PacketSocket::interrupt()
{
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void PacketSocket::close()
{
    boost::system::error_code ignored;
    socket_.close(ignored);
    queue_.clear();
}

bool PacketSocket::hung_up()
{
    // Of a closed one, -1, poll says nothing.
    pollfd look{socket_.native_handle(), 0, 0};
    return ::poll(&look, 1, 0) == 1 && (look.revents & POLLHUP) != 0;
}

} // namespace sonde::plugin_host
