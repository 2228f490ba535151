#include "windows.hpp"

#include <algorithm>
#include <utility>

namespace sonde::http_download {

Windows::Windows(std::int64_t begin, std::int64_t width, std::int64_t warm_end)
    : begin_(begin), width_(width), warm_end_(warm_end), current_{begin, width, 0}
{
}

void Windows::advance(std::int64_t now)
{
    while (now >= current_.start + width_) {
        ready_.push_back(current_);
        current_ = {current_.start + width_, width_, 0};
    }
}

void Windows::add(std::int64_t now, std::uint64_t bytes)
{
    advance(now);
    current_.bytes += bytes;
    bytes_ += bytes;
    // Read before the edge and told of after it, it is of the window that is open by now.
    if (std::max(now, current_.start) >= warm_end_)
        bytes_after_warm_up_ += bytes;
}

std::vector<Window> Windows::take(std::int64_t now)
{
    advance(now);
    return std::exchange(ready_, {});
}

std::vector<Window> Windows::finish(std::int64_t end)
{
    std::vector<Window> last = take(end);
    if (end > current_.start) {
        current_.duration = end - current_.start;
        last.push_back(current_);
    } else if (current_.bytes > 0 && !last.empty()) {
        last.back().bytes += current_.bytes; // read on the very edge
    }
    current_ = {end, width_, 0};
    return last;
}

double rate(std::uint64_t bytes, std::int64_t duration)
{
    return static_cast<double>(bytes) * 8e9 / static_cast<double>(duration);
}

} // namespace sonde::http_download
