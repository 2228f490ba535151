#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sonde::http_download {

// The interface through which the kernel routes what a connection sends, whichever has its address; empty if none.
std::string interface_of(int connection);

// What an interface has carried, without Ethernet's header where it is one.
struct InterfaceBytes {
    std::int64_t received = 0;
    std::int64_t sent = 0;
};

// Nothing where the system does not tell, and of a loopback, which receives what it sends.
std::optional<InterfaceBytes> read_interface(const std::string &name);

} // namespace sonde::http_download
