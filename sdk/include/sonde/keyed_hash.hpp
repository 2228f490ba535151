#pragma once

// SipHash-2-4: a hash that nobody can foresee who lacks its key. For tokens in probes, since an id of 16 bits can be
// guessed, and for tables whose entries come from the network, which could otherwise be made to collide.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace sonde::plugin {

// Filled by host->random, new in each run.
using HashKey = std::array<std::uint8_t, 16>;

namespace detail {

inline std::uint64_t little_endian(const std::uint8_t *bytes, std::size_t count)
{
    std::uint64_t value = 0;
    if constexpr (std::endian::native == std::endian::little)
        std::memcpy(&value, bytes, count);
    else
        for (std::size_t i = 0; i < count; ++i)
            value |= std::uint64_t{bytes[i]} << (8 * i);
    return value;
}

struct SipState {
    std::uint64_t v0, v1, v2, v3;

    void rounds(int count)
    {
        for (int i = 0; i < count; ++i) {
            v0 += v1;
            v2 += v3;
            v1 = std::rotl(v1, 13) ^ v0;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 = std::rotl(v0, 32);
            v2 += v1;
            v0 += v3;
            v1 = std::rotl(v1, 17) ^ v2;
            v3 = std::rotl(v3, 21) ^ v0;
            v2 = std::rotl(v2, 32);
        }
    }

    void absorb(std::uint64_t word)
    {
        v3 ^= word;
        rounds(2);
        v0 ^= word;
    }
};

} // namespace detail

// The hash of `bytes`, which may be empty. [any thread]
inline std::uint64_t keyed_hash(const HashKey &key, std::span<const std::uint8_t> bytes)
{
    const std::uint64_t k0 = detail::little_endian(key.data(), 8);
    const std::uint64_t k1 = detail::little_endian(key.data() + 8, 8);
    detail::SipState state{k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
                           k1 ^ 0x7465646279746573u};
    const std::size_t whole = bytes.size() / 8 * 8;
    for (std::size_t i = 0; i < whole; i += 8)
        state.absorb(detail::little_endian(bytes.data() + i, 8));
    const std::size_t rest = bytes.size() - whole;
    state.absorb((rest == 0 ? 0 : detail::little_endian(bytes.data() + whole, rest)) | std::uint64_t{bytes.size()}
                                                                                           << 56);
    state.v2 ^= 0xff;
    state.rounds(4);
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

} // namespace sonde::plugin
