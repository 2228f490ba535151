#pragma once

#include "session.hpp"

namespace sonde::dns {

// False: the run should stop. What it still has to tell is taken all the same.
bool send_query_row(const sonde_host &host, const Settings &settings, const Transmission &transmission,
                    const Observation &observation);

void send_summary_rows(const sonde_host &host, const Settings &settings, const std::vector<Tally> &tallies);

} // namespace sonde::dns
