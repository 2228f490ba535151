#pragma once

#include "base/result.hpp"
#include "frames/description.hpp"

#include <string>

namespace sonde::hosting {

// Copies out what a plugin says of itself. Follows the plugin's pointers, so call it only in a process that may crash.
// Structs may be longer than the host knows; what the host knows beyond their size is zero. The error is about what
// cannot be read: a size that is none, a NULL that may not be, an array without an end.
Result<frames::Description> read_description(const sonde_plugin &plugin);

// The same, and what was read keeps the rules of frames::check() and asks for no extension that this host lacks.
Result<frames::Description> describe(const sonde_plugin &plugin);

// Checks, loads and describes a plugin's file in a process of its own, whatever loading it does. Blocks up to five
// seconds. The error's text() is for a person: "the description crashed: SIGSEGV". `died`, if it is asked for: whether the
// error is that this process has ended or hung.
Result<frames::Description> describe_apart(const std::string &path, bool *died = nullptr);

} // namespace sonde::hosting
