#pragma once

#include "base/log.hpp"
#include "plugin_host/input.hpp"
#include "spool/spool.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace sonde::agent {

// The results of other schedules that a run takes as its input.
struct SpooledInput {
    std::vector<std::shared_ptr<plugin_host::Input>> inputs;
    std::vector<std::uint64_t> sequences; // of what they are made of, which waits on
    bool set_aside = false;               // some were
};

// As much of what waits for `destination` as a run's input may be, the oldest first. What cannot be input of any run is
// set aside, and the spool then has new Failure Information, one for each reason. `spool` outlives it.
boost::asio::awaitable<Result<SpooledInput>> read_input(spool::Spool &spool, spool::Destination destination,
                                                        std::shared_ptr<Log> log);

} // namespace sonde::agent
