#include "frames/socket.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

namespace sonde::frames {

namespace {

Error failed(const char *what, int error)
{
    return {"socket", std::string(what) + ": " + std::strerror(error), ""};
}

// Takes every descriptor that came along into `received`, so that none leaks whatever is wrong with the rest.
bool take_descriptors(msghdr &message, Received &received)
{
    bool expected = true;
    for (cmsghdr *part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            expected = false;
            continue;
        }
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            received.descriptors.emplace_back(fd);
        }
    }
    return expected;
}

} // namespace

void Descriptor::reset(int fd)
{
    if (fd_ >= 0)
        ::close(fd_);
    fd_ = fd;
}

Result<std::pair<Descriptor, Descriptor>> socket_pair()
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return failed("socketpair", errno);
    return std::pair(Descriptor(ends[0]), Descriptor(ends[1]));
}

Result<Received> receive(int socket, std::span<std::byte> buffer, std::size_t descriptors_max, int flags)
{
    alignas(cmsghdr) char control[CMSG_SPACE(kSocketsMax * sizeof(int))];
    iovec data{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t size = 0;
    bool reset = false;
    do {
        reset = size < 0 && errno == ECONNRESET;
        size = ::recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
        // Said once, before what is still there, when the other end has closed without reading all that it was sent.
    } while (size < 0 && (errno == EINTR || (errno == ECONNRESET && !reset)));
    Received received;
    if (size < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            received.transfer = Transfer::would_block;
            return received;
        }
        if (errno == ECONNRESET || errno == EPIPE)
            return received;
        return failed("recvmsg", errno);
    }
    const bool expected = take_descriptors(message, received);
    if ((message.msg_flags & MSG_TRUNC) != 0)
        return Error{"socket", "a packet longer than " + std::to_string(buffer.size()) + " bytes", ""};
    // The kernel says MSG_CTRUNC, and has closed the rest, when there were more than the control buffer holds.
    if (!expected || (message.msg_flags & MSG_CTRUNC) != 0 || received.descriptors.size() > descriptors_max)
        return Error{"socket", "more descriptors than the " + std::to_string(descriptors_max) + " expected", ""};
    if (size == 0)
        return Received{};
    received.transfer = Transfer::done;
    received.frame = buffer.first(static_cast<std::size_t>(size));
    return received;
}

Result<Transfer> send(int socket, std::span<const std::byte> frame, std::span<const int> descriptors, int flags)
{
    if (descriptors.size() > kSocketsMax)
        return Error{"socket", std::to_string(descriptors.size()) + " descriptors in one packet", ""};
    alignas(cmsghdr) char control[CMSG_SPACE(kSocketsMax * sizeof(int))] = {};
    iovec data{const_cast<std::byte *>(frame.data()), frame.size()};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr *part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
    }
    ssize_t size = 0;
    do {
        size = ::sendmsg(socket, &message, flags | MSG_NOSIGNAL);
    } while (size < 0 && errno == EINTR);
    if (size >= 0)
        return Transfer::done;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return Transfer::would_block;
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
        return Transfer::gone;
    return failed("sendmsg", errno);
}

} // namespace sonde::frames
