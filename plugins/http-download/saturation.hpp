#pragma once

#include <cstdint>

namespace sonde::http_download {

/*
 * Whether more streams bring more. Compares what each step of about a second brought a second: as long as one brings
 * over 5 % more than the best one before it, the streams are doubled; two steps in a row that do not are called stable.
 */
class Saturation {
public:
    static constexpr std::int64_t kStep = 1'000'000'000; // ns

    Saturation(std::uint32_t streams, std::uint32_t most) : streams_(streams), most_(most) {}

    // To be called often: all streams have brought so many bytes in so many ns, since they began. Returns how many
    // streams to add. However late it comes, a step is judged by the time that it really took.
    std::uint32_t look(std::int64_t elapsed, std::uint64_t bytes);
    bool stable() const { return flat_steps_ >= kFlatSteps; }

private:
    static constexpr int kFlatSteps = 2;
    // Calls a tenth of a second apart come a little early and a little late.
    static constexpr std::int64_t kTolerance = kStep / 20;

    std::uint32_t streams_;
    std::uint32_t most_;
    std::int64_t step_begun_ = 0;
    std::uint64_t step_bytes_ = 0; // when it began
    double best_rate_ = 0;         // bytes a ns
    int flat_steps_ = 0;
};

} // namespace sonde::http_download
