#include "bench.hpp"

#include "plugin_host/hash.hpp"

#include <atomic>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace sonde;
using namespace sonde::plugin_host;
using namespace sonde::test;

namespace {

constexpr int kRuns = 100;
constexpr int kTriesMax = 2000;

// Exchanges a file for one of two others as fast as it can, and now and then overwrites it in place.
class Swapper {
public:
    explicit Swapper(std::filesystem::path plugin) : plugin_(std::move(plugin)), thread_([this] { swap(); }) {}
    ~Swapper()
    {
        end_ = true;
        thread_.join();
    }
    Swapper(const Swapper &) = delete;
    Swapper &operator=(const Swapper &) = delete;

    unsigned swaps() const { return swaps_; }

private:
    void swap()
    {
        const std::filesystem::path coming = plugin_.string() + ".coming";
        while (!end_) {
            const auto from = fixture(swaps_ % 2 == 0 ? "several" : "rows");
            const bool in_place = swaps_ % 16 == 15;
            std::ofstream(in_place ? plugin_ : coming, std::ios::binary | std::ios::trunc)
                << std::ifstream(from, std::ios::binary).rdbuf();
            if (!in_place) {
                std::filesystem::permissions(coming, std::filesystem::perms(0644));
                std::filesystem::rename(coming, plugin_);
            }
            ++swaps_;
        }
    }

    std::filesystem::path plugin_;
    std::atomic<bool> end_ = false;
    std::atomic<unsigned> swaps_ = 0;
    std::thread thread_;
};

} // namespace

TEST_CASE("a file that is exchanged between its check and its loading never runs under another's hash")
{
    // What each does, by its hash.
    const std::map<std::string, std::vector<std::int64_t>> rows_of{{hash_file(fixture("rows")).value(), {0, 1, 2}},
                                                                   {hash_file(fixture("several")).value(), {1}}};
    Daemon daemon;
    const std::filesystem::path plugin = daemon.folder / "a.so";
    std::filesystem::copy_file(fixture("rows"), plugin);
    daemon.start();
    Bench bench(daemon.socket);
    bench.run_until([&] { return bool(bench.wait(bench.host.describe(plugin))); });
    std::map<std::string, int> ran;
    int completed = 0;
    const Swapper swapper(plugin);
    for (int i = 0; i < kTriesMax && completed < kRuns; ++i) {
        bench.host.retire(plugin);
        const auto described = bench.wait(bench.host.describe(plugin));
        if (!described)
            continue; // it was away, or cut off, just then
        RunRequest wanted;
        wanted.plugin = plugin;
        wanted.hash = described->hash;
        wanted.description = described->description;
        wanted.arguments = read_options(described->description->methods[0], {}).value.value();
        // Every other run is in a new runner, which loads what is there by then.
        if (i % 2 == 0)
            bench.host.retire(plugin);
        Keeper keeper;
        const RunResult result = bench.wait(bench.host.run(wanted, keeper));
        const auto known = rows_of.find(wanted.hash);
        if (result.status != 0 || known == rows_of.end())
            continue; // changed since it was described, or half the one and half the other
        CHECK(keeper.numbers == known->second);
        ++ran[wanted.hash];
        ++completed;
    }
    CHECK(completed == kRuns);
    CHECK(ran.size() == 2);
    CHECK(swapper.swaps() > 2u * kRuns);
}
