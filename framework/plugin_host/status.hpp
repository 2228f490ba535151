#pragma once

#include "frames/messages.hpp"
#include "model/intent.hpp"

#include <cstdint>
#include <string>
#include <string_view>

// How a run ended, in one number: 0, the method's own 1 to 99, the host's 100 to 127, or the negative signal that ended
// its process.
namespace sonde::plugin_host {

inline constexpr std::int32_t kStatusTimeout = 100;  // the deadline passed
inline constexpr std::int32_t kStatusRefused = 101;  // by policy; given by the agent, never by a run
inline constexpr std::int32_t kStatusNoMethod = 102; // no such plugin or method, or it does not load
inline constexpr std::int32_t kStatusBrokeRules = frames::kStatusBrokeRules; // rows or calls against the declaration
inline constexpr std::int32_t kStatusBadOptions = 104;                       // options that the method does not take
inline constexpr std::int32_t kStatusNoLauncher = 105; // not reached, or lost while the run needed it
inline constexpr std::int32_t kStatusRunnerDied = 106; // and the run with it
inline constexpr std::int32_t kStatusCancelled = 107;  // from outside
inline constexpr std::int32_t kStatusNoResult = 108;   // the process ended by itself and run() had not returned
inline constexpr std::int32_t kStatusNotStarted = 109; // the runner could not make a process, or it did not begin
inline constexpr std::int32_t kStatusNoStorage = 110;  // whoever takes the rows could not
inline constexpr std::int32_t kStatusNoAddress = 111;  // a target has no address to be judged by; given by the agent
inline constexpr std::int32_t kStatusQuarantined = 112; // its plugin has failed to load too often

// "timeout", "no_method", ...; "ok" for 0; the method's own id for 1 to 99 where `method` declares it; "SIGSEGV" for a
// signal. For people and for columns; never empty.
std::string status_name(std::int32_t status, const frames::MethodDescription *method = nullptr);

// Whose fault a status of the host's or a signal is.
model::Blame host_blame(std::int32_t status);

} // namespace sonde::plugin_host
