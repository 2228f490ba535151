#pragma once

#include <filesystem>

namespace sonde::agent {

// Whether the machine runs on battery: one of its batteries discharges, and no supply from outside is there. `supplies`
// is a folder as /sys/class/power_supply; a machine without one does not.
bool on_battery(const std::filesystem::path &supplies);

} // namespace sonde::agent
