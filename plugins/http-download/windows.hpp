#pragma once

#include <cstdint>
#include <vector>

namespace sonde::http_download {

// The end of a warm-up that is not over, whatever the time.
constexpr std::int64_t kNotWarm = INT64_MAX;

// The payload of all streams within one piece of time. Times are CLOCK_MONOTONIC ns.
struct Window {
    std::int64_t start = 0;
    std::int64_t duration = 0; // ns; the last one may be shorter than the rest
    std::uint64_t bytes = 0;
};

/*
 * Puts the payload of all streams on one row of windows with common edges: begin, begin + width, ... Bytes belong to
 * the window in which they were read. A window in which nothing was read is there, with 0 bytes. What is read at or
 * after the end of the warm-up is also counted apart.
 */
class Windows {
public:
    Windows(std::int64_t begin, std::int64_t width, std::int64_t warm_end);

    // Nothing before it counts as after the warm-up; at or after the last time of `add`.
    void warm_from(std::int64_t at) { warm_end_ = at; }
    std::int64_t warm_end() const { return warm_end_; }

    // Times never go back; one that does counts as the last one seen.
    void add(std::int64_t now, std::uint64_t bytes);
    // The windows that are over at `now` and were not taken before.
    std::vector<Window> take(std::int64_t now);
    // Ends everything: the windows not taken before, the last one cut at `end`.
    std::vector<Window> finish(std::int64_t end);

    std::int64_t begin() const { return begin_; }
    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t bytes_after_warm_up() const { return bytes_after_warm_up_; }

private:
    void advance(std::int64_t now);

    std::int64_t begin_;
    std::int64_t width_;
    std::int64_t warm_end_;
    Window current_;
    std::vector<Window> ready_;
    std::uint64_t bytes_ = 0;
    std::uint64_t bytes_after_warm_up_ = 0;
};

// In bit/s; `duration` in ns, above 0.
double rate(std::uint64_t bytes, std::int64_t duration);

} // namespace sonde::http_download
