#include "volley_buffers.hpp"

#include <algorithm>

namespace sonde::dns {

VolleyBuffers::VolleyBuffers() : data_(std::make_unique<std::uint8_t[]>(kReceive * kAnswerBytes))
{
    for (std::size_t i = 0; i < kSend; ++i) {
        sending[i].msg_hdr.msg_iov = &send_vectors_[i];
        sending[i].msg_hdr.msg_iovlen = 1;
    }
    for (std::size_t i = 0; i < kReceive; ++i) {
        receive_vectors_[i].iov_base = data_.get() + i * kAnswerBytes;
        receiving_[i].msg_hdr.msg_iov = &receive_vectors_[i];
        receiving_[i].msg_hdr.msg_iovlen = 1;
    }
}

void VolleyBuffers::prepare(std::size_t i, std::span<std::uint8_t> wire, const plugin::SocketAddress *to)
{
    send_vectors_[i] = {wire.data(), wire.size()};
    sending[i].msg_hdr.msg_name = to == nullptr ? nullptr : const_cast<sockaddr *>(to->get());
    sending[i].msg_hdr.msg_namelen = to == nullptr ? 0 : to->length;
}

int VolleyBuffers::read(int fd, int flags, std::size_t room)
{
    for (std::size_t i = 0; i < used_; ++i) {
        msghdr &header = receiving_[i].msg_hdr;
        header.msg_control = control_[i].bytes;
        header.msg_controllen = kControlBytes;
        header.msg_name = &from_[i];
        header.msg_namelen = sizeof from_[i];
    }
    if (room != room_) {
        room_ = room;
        for (iovec &vector : receive_vectors_)
            vector.iov_len = room;
    }
    const int count = recvmmsg(fd, receiving_, kReceive, flags | MSG_DONTWAIT, nullptr);
    // A message that was begun and failed may be touched as well.
    used_ = std::min<std::size_t>(static_cast<std::size_t>(std::max(count, 0)) + 1, kReceive);
    return count;
}

int VolleyBuffers::read_answers(int fd)
{
    return read(fd, 0, kAnswerBytes);
}

int VolleyBuffers::read_errors(int fd)
{
    return read(fd, MSG_ERRQUEUE, kErrorBytes);
}

std::pair<Datagram, Octets> VolleyBuffers::answer(std::size_t i) const
{
    const Octets octets(data_.get() + i * kAnswerBytes, receiving_[i].msg_len);
    return {datagram_of(receiving_[i].msg_hdr, octets.size()), octets};
}

std::pair<QueuedEvent, Octets> VolleyBuffers::error(std::size_t i) const
{
    const Octets octets(data_.get() + i * kAnswerBytes, receiving_[i].msg_len);
    return {event_of(receiving_[i].msg_hdr), octets};
}

} // namespace sonde::dns
