#pragma once

#include <optional>
#include <string>

namespace sonde::dns {

// What of a socket bears on its times.
struct SocketTraits {
    std::optional<int> send_buffer, receive_buffer; // bytes, as the kernel counts them
    std::string congestion_control;                 // of TCP; empty: none
};

SocketTraits traits_of(int fd);

} // namespace sonde::dns
