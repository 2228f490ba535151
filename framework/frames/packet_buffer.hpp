#pragma once

#include "frames/messages.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace sonde::frames {

// Room for the longest packet. Its pages take memory only once a packet has been as long.
class PacketBuffer {
public:
    operator std::span<std::byte>() const { return {bytes_.get(), kFrameBytesMax}; }

private:
    std::unique_ptr<std::byte[]> bytes_ = std::make_unique_for_overwrite<std::byte[]>(kFrameBytesMax);
};

} // namespace sonde::frames
