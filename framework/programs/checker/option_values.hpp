#pragma once

#include "frames/description.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace sonde::checker {

// What values may lead to.
struct Surroundings {
    std::uint16_t port = 0; // the peer's
    bool isolated = false;  // in a network of our own; else no value leads away from the loopback interface
};

// Texts for one option that lie at the ends of what it takes, each of which it does take.
std::vector<std::string> boundary_values(const frames::OptionDescription &option, const Surroundings &around);

// Any text that the option takes.
std::string random_value(const frames::OptionDescription &option, const Surroundings &around, std::mt19937_64 &random);

} // namespace sonde::checker
