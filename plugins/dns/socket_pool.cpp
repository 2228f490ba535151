#include "socket_pool.hpp"

#include "stamps.hpp"

#include <algorithm>
#include <cerrno>

namespace sonde::dns {
namespace {

constexpr std::uint64_t kBatch = 16;

} // namespace

SocketPool::Taken SocketPool::take(std::uint32_t family, std::uint64_t ahead)
{
    auto &free = free_of(family);
    if (free.empty()) {
        std::int32_t fds[kBatch];
        const auto count = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(ahead, 1, kBatch));
        if (const int error = host_.socket(&host_, SONDE_SOCKET_UDP, family, count, fds); error != 0)
            return {{}, error};
        for (std::uint32_t i = 0; i < count; ++i)
            free.emplace_back(fds[i]);
        for (std::uint32_t i = 0; i < count; ++i) {
            if (!enable_stamps(fds[i], family, SendStamps::of_one))
                return {{}, errno};
        }
    }
    plugin::Fd fd = std::move(free.back());
    free.pop_back();
    return {std::move(fd), 0};
}

} // namespace sonde::dns
