#pragma once

#include "base/result.hpp"
#include "frames/messages.hpp"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

// Packets and descriptors over an AF_UNIX SOCK_SEQPACKET socket, blocking or not. Nothing here raises SIGPIPE.
namespace sonde::frames {

// Owns a file descriptor; -1 is none.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor &&other) noexcept : fd_(other.release()) {}
    Descriptor &operator=(Descriptor &&other) noexcept
    {
        reset(other.release());
        return *this;
    }
    ~Descriptor() { reset(); }

    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1);
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

// Two connected ends, close-on-exec, blocking.
Result<std::pair<Descriptor, Descriptor>> socket_pair();

enum class Transfer {
    done,
    would_block, // only on a non-blocking socket, or with MSG_DONTWAIT
    gone,        // the other end has closed
};

struct Received {
    Transfer transfer = Transfer::gone;
    std::span<const std::byte> frame;    // in the caller's buffer
    std::vector<Descriptor> descriptors; // close-on-exec
};

// Receives one packet into `buffer` (kFrameBytesMax bytes hold any) with at most `descriptors_max` descriptors. A
// longer packet, more descriptors or any other ancillary data is an error, and nothing of it stays open. An empty
// packet, which nobody sends, counts as gone. `flags` as in recv(2).
Result<Received> receive(int socket, std::span<std::byte> buffer, std::size_t descriptors_max, int flags = 0);

// Sends one packet and duplicates of `descriptors`, whole or not at all.
Result<Transfer> send(int socket, std::span<const std::byte> frame, std::span<const int> descriptors = {},
                      int flags = 0);

} // namespace sonde::frames
