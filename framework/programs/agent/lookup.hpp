#pragma once

#include "base/result.hpp"
#include "policy/policy.hpp"
#include "stopper.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sonde::agent {

namespace asio = boost::asio;

// All addresses behind host names, of family 4, 6 or 0 for both, as the system's resolver gives them. An Error if one
// has none, or is not found within `patience` or before the stop: then nobody knows where its traffic would go. Does
// not block the loop.
asio::awaitable<Result<std::vector<policy::NamedAddress>>>
look_up(asio::any_io_executor executor, std::vector<std::string> names, std::uint8_t family,
        std::shared_ptr<Stopper> stopper, std::chrono::milliseconds patience = std::chrono::seconds{10});

} // namespace sonde::agent
