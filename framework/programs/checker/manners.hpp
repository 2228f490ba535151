#pragma once

#include "programs/checker/peer.hpp"

#include <random>
#include <string>
#include <vector>

namespace sonde::checker {

// What a peer says to a datagram: any number of datagrams.
std::vector<std::string> answer_datagram(Manners manners, const std::string &datagram, std::mt19937_64 &random);

// What a peer says to the first bytes of a connection, and how it goes on.
struct Reply {
    std::string text;
    bool more = false;  // zeros without an end follow
    bool reset = false; // ended by RST
    bool close = false;
};
Reply answer_stream(Manners manners, const std::string &request, std::mt19937_64 &random);

} // namespace sonde::checker
