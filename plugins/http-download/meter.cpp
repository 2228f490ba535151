#include "meter.hpp"

#include <algorithm>
#include <limits>

namespace sonde::http_download {

Meter::Meter(const Settings &settings) : settings_(settings) {}

bool Meter::payload(std::int64_t now, std::uint64_t bytes)
{
    check_time(now);
    if (over())
        return false;
    if (!windows_)
        windows_.emplace(now, kWindowWidth, settings_.saturates() ? kNotWarm : now + settings_.warm_up);
    latest_ = std::max(latest_, now);
    windows_->add(now, bytes);
    if (settings_.bytes && windows_->bytes() >= *settings_.bytes)
        finish(End::bytes, now);
    return true;
}

void Meter::wire(std::uint64_t received, std::uint64_t sent, std::int64_t may_come_change)
{
    ip_received_bytes_ += received;
    ip_sent_bytes_ += sent;
    may_come_bytes_ += may_come_change;
    // Whatever we do now, the senders may fill the windows that they were offered, with a header on each segment.
    const auto coming = static_cast<std::uint64_t>(std::max<std::int64_t>(may_come_bytes_, 0)) * 21 / 20;
    if (ip_received_bytes_ + ip_sent_bytes_ + coming >= settings_.limit)
        finish(End::budget, latest_);
}

void Meter::check_time(std::int64_t now)
{
    if (begun() && now >= last_time())
        finish(End::duration, last_time());
}

void Meter::finish(End why, std::int64_t now)
{
    if (over())
        return;
    end_ = why;
    end_time_ = begun() ? std::clamp(now, begin_time(), last_time()) : now;
}

std::uint64_t Meter::to_offer() const
{
    if (over())
        return 0;
    return settings_.bytes ? *settings_.bytes - offered_bytes_ : std::numeric_limits<std::uint64_t>::max();
}

std::uint64_t Meter::room() const
{
    if (over())
        return 0;
    if (!settings_.bytes)
        return std::numeric_limits<std::uint64_t>::max();
    return *settings_.bytes - (windows_ ? windows_->bytes() : 0);
}

} // namespace sonde::http_download
