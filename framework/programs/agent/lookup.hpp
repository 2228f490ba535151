#pragma once

#include "base/result.hpp"
#include "frames/messages.hpp"
#include "hops/hops.hpp"
#include "plugin_host/options.hpp"
#include "policy/policy.hpp"
#include "stopper.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sonde::agent {

namespace asio = boost::asio;

// What is known of a name, and what was put on the line to know it, names of hosts left out.
struct KnownAddresses {
    Result<std::vector<policy::NamedAddress>> addresses;
    hops::Traffic traffic{};
};

// A name's addresses, of the run's family, as the system's resolver gives them; those of a hop's name, by asking for it
// where the run's packets leave. Blocks, for as long as that takes.
KnownAddresses resolve(const std::string &name, const plugin_host::Network &network);

// What a run has to take for the addresses of hops, since it would not necessarily find those that were judged.
std::vector<frames::KnownName> known_hops(std::span<const policy::NamedAddress> addresses);

// Looks host names up without blocking the loop. The system's resolver knows only blocking calls, so each has a thread
// of its own, and a name that nobody answers for holds up no other (Asio has one thread for all of them). Belongs to
// one thread, but for those.
class Lookup {
public:
    using Resolve = std::function<KnownAddresses(const std::string &, const plugin_host::Network &)>;
    static constexpr unsigned kThreads = 16; // at a time; what comes after that waits for one to end

    explicit Lookup(asio::any_io_executor executor, Resolve resolve = agent::resolve);
    // Does not wait for calls that are under way: nobody hears of their results.
    ~Lookup();
    Lookup(const Lookup &) = delete;
    Lookup &operator=(const Lookup &) = delete;

    // All addresses behind host names, for a run with that network. An Error if one has none, or is not found within
    // `patience` or before the stop: then nobody knows where its traffic would go.
    asio::awaitable<KnownAddresses> look_up(std::vector<std::string> names, plugin_host::Network network,
                                            std::shared_ptr<Stopper> stopper,
                                            std::chrono::milliseconds patience = std::chrono::seconds{10});

private:
    struct One;
    struct Threads;

    std::shared_ptr<Threads> threads_;
};

} // namespace sonde::agent
