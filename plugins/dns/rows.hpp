#pragma once

#include "session.hpp"

namespace sonde::dns {

// False: the host wants no more rows.
bool send_query_row(const sonde_host &host, const Settings &settings, const Transmission &transmission,
                    const Observation &observation);

// Throws plugin::Stopped instead.
void send_summary_rows(const sonde_host &host, const Settings &settings, const std::vector<Tally> &tallies);

} // namespace sonde::dns
