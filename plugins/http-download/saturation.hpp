#pragma once

#include <cstdint>

namespace sonde::http_download {

/*
 * Whether more streams bring more. Fed with what each step of a second brought: as long as a step brings over 5 % more
 * than the best one before it, the streams are doubled; two steps in a row that do not are called stable.
 */
class Saturation {
public:
    static constexpr std::int64_t kStep = 1'000'000'000; // ns

    Saturation(std::uint32_t streams, std::uint32_t most) : streams_(streams), most_(most) {}

    // A step is over. Returns how many streams to add.
    std::uint32_t step(std::uint64_t bytes);
    bool stable() const { return flat_steps_ >= kFlatSteps; }

private:
    static constexpr int kFlatSteps = 2;

    std::uint32_t streams_;
    std::uint32_t most_;
    std::uint64_t best_bytes_ = 0;
    int flat_steps_ = 0;
};

} // namespace sonde::http_download
