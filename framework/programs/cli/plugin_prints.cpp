#include "programs/cli/plugin_prints.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace sonde::cli {

void PluginPrints::take(std::string_view text)
{
    std::string_view shown = text.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, text.size())));
    left_ -= shown.size();
    cut_ += text.size() - shown.size();
    while (!shown.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, shown.data(), shown.size());
        if (written < 0 && errno != EINTR)
            return;
        shown.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
}

} // namespace sonde::cli
