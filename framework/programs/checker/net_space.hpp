#pragma once

#include "base/result.hpp"
#include "frames/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sonde::checker {

// Puts this process, which must be single-threaded, into a network of its own: a loopback interface that is up, and
// nothing else. What is sent to other addresses leaves by it as well and comes to nobody, so that it can be seen.
// Once is enough.
Result<void> enter_net_space();
// Whether that was done.
bool has_net_space();

// From there into one where no interface has ever been up: there is no network at all.
Result<void> enter_empty_net_space();

// From now on the kernel answers no echo request (ICMP, ICMPv6) in the network of our own, which it else does for every
// address there. Where the system does not let us, it goes on.
void silence_echoes();

// How many have come to nobody: echo requests since they are not answered, and datagrams for a port that nobody has.
std::uint64_t unheard_packets();

// Bytes of IP packets that the loopback interface has carried, each counted once.
std::uint64_t loopback_bytes();

// A packet that left by the loopback interface.
struct Packet {
    std::string from; // addresses as text; empty for what is no IP
    std::string to;
    int protocol = 0; // IPPROTO_UDP, ...
    std::uint16_t from_port = 0;
    std::uint16_t to_port = 0;
    std::vector<std::uint8_t> payload; // the first bytes behind the header of UDP or TCP; of ICMP, from its header on
};

// Sees the packets of a network of our own.
class Capture {
public:
    static Result<Capture> open();

    int fd() const { return socket_.get(); }
    // The packets since the last call, as far as the kernel kept them; at most so many, since more may come all the
    // time.
    std::vector<Packet> take(std::size_t packets_max = 1000);

private:
    frames::Descriptor socket_;
};

} // namespace sonde::checker
