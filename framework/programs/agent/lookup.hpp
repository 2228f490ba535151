#pragma once

#include "base/result.hpp"
#include "policy/policy.hpp"
#include "stopper.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sonde::agent {

namespace asio = boost::asio;

// A name's addresses, of family 4, 6 or 0 for both, as the system's resolver gives them. Blocks, for as long as that
// waits for its servers.
Result<std::vector<policy::Address>> resolve(const std::string &name, std::uint8_t family);

// Looks host names up without blocking the loop. The system's resolver knows only blocking calls, so each has a thread
// of its own, and a name that nobody answers for holds up no other (Asio has one thread for all of them). Belongs to
// one thread, but for those.
class Lookup {
public:
    using Resolve = std::function<Result<std::vector<policy::Address>>(const std::string &, std::uint8_t)>;
    static constexpr unsigned kThreads = 16; // at a time; what comes after that waits for one to end

    explicit Lookup(asio::any_io_executor executor, Resolve resolve = agent::resolve);
    // Does not wait for calls that are under way: nobody hears of their results.
    ~Lookup();
    Lookup(const Lookup &) = delete;
    Lookup &operator=(const Lookup &) = delete;

    // All addresses behind host names, of family 4, 6 or 0 for both. An Error if one has none, or is not found within
    // `patience` or before the stop: then nobody knows where its traffic would go.
    asio::awaitable<Result<std::vector<policy::NamedAddress>>>
    look_up(std::vector<std::string> names, std::uint8_t family, std::shared_ptr<Stopper> stopper,
            std::chrono::milliseconds patience = std::chrono::seconds{10});

private:
    struct One;
    struct Threads;

    std::shared_ptr<Threads> threads_;
};

} // namespace sonde::agent
