#pragma once

#include <sonde/plugin.hpp>

#include <cstdint>

namespace sonde::passive_syn {

// The ways to fail of both methods.
enum Failing : std::int32_t {
    kNoSocket = 1,
    kNoRing = 2,
    kInterfaceGone = 3,
    kUnexpected = 4,
    kNoCounter = 5,
};

// Their declarations, NULL-terminated.
extern const sonde_status *const kStatusList[];

} // namespace sonde::passive_syn
