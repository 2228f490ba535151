#pragma once

#include <string>

namespace sonde::processes {

// "SIGSEGV"; "SIG77" for one without a name.
std::string signal_name(int signal);

} // namespace sonde::processes
