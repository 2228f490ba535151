#pragma once

#include <string>

namespace sonde::passive_syn {

// Whether the interface's hardware may forward flows by itself, which no capture sees (ethtool's hw-tc-offload is on).
// `fd` is any socket. False where the kernel does not tell.
bool may_offload_flows(int fd, const std::string &interface);

} // namespace sonde::passive_syn
