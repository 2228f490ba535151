#pragma once

#include "transfer.hpp"

namespace sonde::http_download {

// False: the run should stop. What it still has to tell is taken all the same.
bool send_window_row(const sonde_host &host, Meter &meter, const Window &window, std::int64_t wall_offset,
                     const HeldBack::Said &held);

void send_probe_row(const sonde_host &host, Meter &meter, const ProbeReport &probe, std::int64_t wall_offset);

void send_stream_rows(const sonde_host &host, const RunReport &report);
void send_summary_row(const sonde_host &host, const RunReport &report);
void send_round_trip_rows(const sonde_host &host, const RunReport &report);

// Ends a run whose streams did not all do their part: throws plugin::Failure.
void judge_streams(const RunReport &report);

} // namespace sonde::http_download
