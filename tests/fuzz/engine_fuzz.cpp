// libFuzzer's target for the schedule engine: a stream of events, clock steps, replacements, answers of constraints,
// crashes and restarts, held against the oracle that reads the instructions alone. The input is what is picked.
#include "schedule/simulation.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

namespace {

// As many bytes as the greatest number takes; when there are no more, a generator goes on.
class Picks {
public:
    explicit Picks(std::span<const std::uint8_t> data) : data_(data) {}

    std::uint64_t operator()(std::uint64_t below)
    {
        if (data_.empty())
            return random_() % below;
        std::uint64_t value = 0;
        for (std::uint64_t most = below - 1; most > 0 && !data_.empty(); most >>= 8) {
            value = value << 8 | data_.front();
            data_ = data_.subspan(1);
        }
        return value % below;
    }
    bool empty() const { return data_.empty(); }

private:
    std::span<const std::uint8_t> data_;
    std::mt19937_64 random_{1};
};

constexpr int kStepsMax = 40;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    Picks picks(std::span(data, size));
    sonde::schedule::test::Simulation simulation(size, [&picks](std::uint64_t below) { return picks(below); });
    for (int step = 0; step < kStepsMax && !picks.empty(); ++step)
        simulation.step();
    simulation.finish();
    return 0;
}
