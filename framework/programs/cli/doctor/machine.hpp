#pragma once

#include "programs/cli/doctor/finding.hpp"

// What this machine has, whatever of Sonde runs on it. Sends nothing but one datagram to itself.
namespace sonde::cli {

Finding find_kernel();
// Whether `sonde check` can judge what a plugin sends.
Finding find_network_namespace();
Finding find_ipv6();
// Of datagrams that come: what round trips are measured by.
Finding find_kernel_timestamps();
Finding find_synchronised_clock();

} // namespace sonde::cli
