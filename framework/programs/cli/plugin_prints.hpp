#pragma once

#include <cstdint>
#include <string_view>

namespace sonde::cli {

// What plugins print, on stderr: up to a bound, so that one that prints without end fills no terminal and no disk.
class PluginPrints {
public:
    static constexpr std::uint64_t kBytesMax = 1024 * 1024;

    void allow(std::uint64_t bytes) { left_ = bytes; }
    void take(std::string_view text);
    // Bytes that were left out.
    std::uint64_t cut() const { return cut_; }

private:
    std::uint64_t left_ = kBytesMax;
    std::uint64_t cut_ = 0;
};

} // namespace sonde::cli
