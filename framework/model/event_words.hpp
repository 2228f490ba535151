#pragma once

#include "model/instruction.hpp"

#include <string>

namespace sonde::model {

// What makes an event trigger: "every 3600 s, spread over 180 s".
std::string event_words(const Event &event);

} // namespace sonde::model
