#pragma once

#include "evidence.hpp"
#include "held_back.hpp"
#include "interface.hpp"
#include "probes.hpp"
#include "saturation.hpp"
#include "stream.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::http_download {

// All that a finished run has to tell.
struct RunReport {
    const Settings &settings;
    std::int64_t resolve = 0; // ns, once for all streams
    Meter &meter;
    Evidence evidence;
    std::int64_t wall_offset = 0; // ns from CLOCK_MONOTONIC to CLOCK_REALTIME, at the beginning of the transfer
    std::vector<const StreamReport *> streams;
    std::optional<bool> stable; // nothing where no saturation was looked for
    RoundTrips trips;
    std::string interface;
    std::optional<InterfaceBytes> cross_traffic; // while it transferred, less our own
};

// One run, in either direction: all streams around one event loop, a tick at each window's edge.
class Transfer {
public:
    Transfer(const sonde_host &host, const Settings &settings);

    // Blocks until the run is over; rows of windows and probes go out on the way. Throws plugin::Failure if nothing
    // could be begun.
    RunReport run();

private:
    void resolve();
    void begin_streams();
    void add_stream();
    void begin_clock(std::int64_t now);
    void tick();
    void saturate(std::int64_t now);
    void look_at_streams(std::int64_t now, std::int64_t as_of);
    void sample(const StreamReport &report, std::uint64_t grown, std::int64_t duration, WindowSample &sample);
    SenderTimes sender_times() const;
    void send_windows(const std::vector<Window> &windows);
    void finish();
    void conclude();
    void linger();
    void tell_bytes();
    std::optional<InterfaceBytes> cross_traffic() const;
    std::uint32_t out_of_order() const;
    std::int64_t now() const { return host_.now(&host_, SONDE_CLOCK_MONOTONIC); }

    const sonde_host &host_;
    const Settings &settings_;
    Meter meter_;
    Closing closing_;
    plugin::EventBase base_;
    std::vector<sonde_ip> addresses_;
    std::int64_t resolve_ = 0;
    std::unique_ptr<Shared> shared_;
    std::unique_ptr<Probes> probes_;
    std::vector<std::unique_ptr<Stream>> streams_;
    std::size_t live_ = 0;
    Saturation saturation_;
    Evidence evidence_;
    std::int64_t wall_offset_ = 0;
    std::int64_t next_tick_ = 0; // 0: the clock has not begun
    std::unique_ptr<plugin::Event> ticker_;
    std::int64_t looked_at_ = 0;
    std::vector<std::uint64_t> looked_bytes_; // of each stream, then
    std::vector<WindowSample> samples_;       // of each stream, growing
    std::string interface_;
    std::optional<InterfaceBytes> interface_begun_;
    InterfaceBytes own_begun_;
    std::optional<InterfaceBytes> cross_traffic_;
    std::uint32_t told_out_of_order_ = 0;
    HeldBack held_back_;
    std::uint64_t told_received_ = 0;
    std::uint64_t told_sent_ = 0;
};

} // namespace sonde::http_download
