#pragma once

#include "settings.hpp"
#include "windows.hpp"

#include <optional>

namespace sonde::http_download {

// Why the transfer as a whole ended.
enum class End { none, duration, bytes, budget, cancelled, failed };

/*
 * The account of a whole run: what all streams have brought, and whether it is enough. Its clock begins with the first
 * byte of the first body, read or written. Pure: times (CLOCK_MONOTONIC ns) are handed in.
 */
class Meter {
public:
    explicit Meter(const Settings &settings);

    // A stream read `bytes` of payload at `now`. False: that was past the end, and nobody counts it.
    bool payload(std::int64_t now, std::uint64_t bytes);
    // A stream's traffic at the IP layer grew, and the payload that its window lets the sender send unasked changed.
    void wire(std::uint64_t received, std::uint64_t sent, std::int64_t may_come_change);
    // A stream's traffic at the IP layer in the direction that is measured grew, nothing counted twice.
    void carried(std::uint64_t bytes) { ip_carried_bytes_ += bytes; }
    // Upwards: payload that a stream is about to send, so that all together send no more than `bytes`.
    void offer(std::uint64_t bytes) { offered_bytes_ += bytes; }
    std::uint64_t to_offer() const;
    // The warm-up ends at `at`, and not when its time is over.
    void warm_from(std::int64_t at) { windows_->warm_from(at); }
    // Ends the transfer; the first reason stands. Before the first byte there is nothing to end but the waiting.
    void finish(End why, std::int64_t now);
    // Ends it if its time is over.
    void check_time(std::int64_t now);

    // How much payload may be read at once without reading past `bytes`; never 0 unless it is over.
    std::uint64_t room() const;
    bool over() const { return end_ != End::none; }
    bool begun() const { return windows_.has_value(); }
    End end() const { return end_; }

    // Valid once begun.
    Windows &windows() { return *windows_; }
    std::int64_t begin_time() const { return windows_->begin(); }
    std::int64_t warm_end_time() const { return windows_->warm_end(); }          // kNotWarm: it cannot be told yet
    std::int64_t last_time() const { return begin_time() + settings_.duration; } // when its time is over
    // Valid once over and begun.
    std::int64_t end_time() const { return end_time_; }

    std::uint64_t ip_received_bytes() const { return ip_received_bytes_; }
    std::uint64_t ip_sent_bytes() const { return ip_sent_bytes_; }
    std::uint64_t ip_carried_bytes() const { return ip_carried_bytes_; }

private:
    const Settings &settings_;
    std::optional<Windows> windows_;
    End end_ = End::none;
    std::int64_t end_time_ = 0;
    std::uint64_t ip_received_bytes_ = 0;
    std::uint64_t ip_sent_bytes_ = 0;
    std::uint64_t ip_carried_bytes_ = 0;
    std::uint64_t offered_bytes_ = 0;
    std::int64_t may_come_bytes_ = 0;
    std::int64_t latest_ = 0;
};

} // namespace sonde::http_download
