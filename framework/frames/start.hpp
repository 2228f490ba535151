#pragma once

// How a runner finds what the launcher has prepared for it.
namespace sonde::frames {

// Its end of the control socket.
inline constexpr int kControlDescriptor = 3;

// The plugin's file, opened by the launcher: given in place of a path that the runner's user cannot reach.
inline constexpr int kPluginDescriptor = 4;
inline constexpr const char *kPluginDescriptorPath = "/proc/self/fd/4";

} // namespace sonde::frames
