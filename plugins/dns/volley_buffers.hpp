#pragma once

#include "answer_check.hpp"
#include "stamps.hpp"

#include <sonde/address.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include <sys/socket.h>

namespace sonde::dns {

// Of errno: a socket has nothing to read, or no room.
inline bool is_no_room(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS;
}

// What batches of datagrams are sent from and read into.
struct VolleyBuffers {
    static constexpr std::size_t kSend = 64;
    static constexpr std::size_t kReceive = 128;

    VolleyBuffers();

    // The `i`-th to be sent, `to` null: where the socket is connected to; all must live until then.
    void prepare(std::size_t i, std::span<std::uint8_t> wire, const plugin::SocketAddress *to);

    // How many came; negative: errno. Never blocks.
    int read_answers(int fd);
    int read_errors(int fd);
    // Of the last read.
    std::pair<Datagram, Octets> answer(std::size_t i) const;
    std::pair<QueuedEvent, Octets> error(std::size_t i) const;

    mmsghdr sending[kSend] = {};

private:
    static constexpr std::size_t kAnswerBytes = 4096; // the most that `edns_size` offers
    static constexpr std::size_t kErrorBytes = 640;   // a query with all headers before it
    static constexpr std::size_t kControlBytes = 192;

    struct alignas(cmsghdr) Control {
        std::uint8_t bytes[kControlBytes];
    };
    int read(int fd, int flags, std::size_t room);

    iovec send_vectors_[kSend] = {};
    mmsghdr receiving_[kReceive] = {};
    iovec receive_vectors_[kReceive] = {};
    sockaddr_storage from_[kReceive] = {};
    Control control_[kReceive] = {};
    std::unique_ptr<std::uint8_t[]> data_;
    std::size_t room_ = 0;        // of each
    std::size_t used_ = kReceive; // by the last read: the kernel has written to their headers
};

} // namespace sonde::dns
