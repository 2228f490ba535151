// libFuzzer's target for a plugin's file as the host reads it before anything is loaded: headers, segments, symbols and
// the prefix, from a file whose every offset may lie.
#include "hosting/elf.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static const int file = ::memfd_create("plugin", MFD_CLOEXEC);
    static const std::string path = "/proc/self/fd/" + std::to_string(file);
    if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) != static_cast<ssize_t>(size))
        std::abort();
    const auto accepted = sonde::hosting::check_plugin_file(path);
    if (!accepted && accepted.error().what.empty())
        std::abort();
    return 0;
}
