#pragma once

#include <chrono>

namespace sonde::model {

// A shorter controller-timeout counts as this: an agent asks its Controller once a second at most.
inline constexpr std::chrono::seconds kControllerTimeoutLeast{3};

} // namespace sonde::model
