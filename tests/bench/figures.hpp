#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <sched.h>
#include <unistd.h>

// Figures of a machine that others use too: pinned, in rounds, and with the time that the hypervisor took.
namespace sonde::bench {

inline constexpr int kRounds = 5;
inline constexpr int kSkipped = 77; // what meson takes for "this machine lacks something"

inline double seconds_since(std::chrono::steady_clock::time_point begin)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// The value below or at which the share `q` of the figures lies: one of them (RFC 2330 section 11.3). NaN of none.
inline double quantile(std::vector<double> figures, double q)
{
    if (figures.empty())
        return std::nan("");
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(figures.size())));
    const auto at = figures.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
    std::nth_element(figures.begin(), at, figures.end());
    return *at;
}

inline double median(const std::vector<double> &figures)
{
    return quantile(figures, 0.5);
}

inline void print_verdict(const char *what, double found, const char *bound, double wanted, bool met, const char *unit)
{
    std::printf("  %s: %.5g%s, demanded %s %.5g%s: %s\n", what, found, unit, bound, wanted, unit,
                met ? "met" : "MISSED");
}

inline void demand_at_most(const char *what, double found, double most, const char *unit)
{
    print_verdict(what, found, "at most", most, found <= most, unit);
}

inline void demand_at_least(const char *what, double found, double least, const char *unit)
{
    print_verdict(what, found, "at least", least, found >= least, unit);
}

// Keeps this process and its children on the first `count` processors that it may use; returns their names.
inline std::string pin(int count)
{
    cpu_set_t allowed;
    cpu_set_t chosen;
    CPU_ZERO(&chosen);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return "not pinned";
    std::string names;
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&chosen) < count; ++cpu)
        if (CPU_ISSET(cpu, &allowed)) {
            CPU_SET(cpu, &chosen);
            names += (names.empty() ? "" : ",") + std::to_string(cpu);
        }
    return ::sched_setaffinity(0, sizeof chosen, &chosen) == 0 ? "pinned to CPU " + names : "not pinned";
}

// Says at its end how much of the machine's time went elsewhere: /proc/stat's steal, idle included in the whole.
class StealTime {
public:
    StealTime() : begin_(read()) {}
    ~StealTime()
    {
        const Times end = read();
        const double whole = end.whole - begin_.whole;
        std::printf("steal time %.2f %% of all processors, idle %.0f %%\n",
                    whole > 0 ? 100 * (end.steal - begin_.steal) / whole : 0,
                    whole > 0 ? 100 * (end.idle - begin_.idle) / whole : 0);
    }
    StealTime(const StealTime &) = delete;
    StealTime &operator=(const StealTime &) = delete;

private:
    struct Times {
        double whole = 0;
        double idle = 0;
        double steal = 0;
    };

    static Times read()
    {
        std::ifstream file("/proc/stat");
        std::string word;
        file >> word;
        Times times;
        double ticks = 0;
        for (int field = 0; field < 8 && file >> ticks; ++field) { // user nice system idle iowait irq softirq steal
            times.whole += ticks;
            if (field == 3)
                times.idle = ticks;
            if (field == 7)
                times.steal = ticks;
        }
        return times;
    }

    Times begin_;
};

} // namespace sonde::bench
