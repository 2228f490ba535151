#include "processes/signal_name.hpp"

#include <cstring>

namespace sonde::processes {

std::string signal_name(int signal)
{
    const char *name = ::sigabbrev_np(signal);
    return "SIG" + (name != nullptr ? std::string(name) : std::to_string(signal));
}

} // namespace sonde::processes
