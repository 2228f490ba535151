#pragma once

#include "plugin_host/host.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

namespace sonde::bench {

// Launcher, confined runner and host as in the agent, in a loop of its own.
struct LiveHost {
    std::shared_ptr<Log> log = make_log("bench", "error").value();
    boost::asio::io_context loop{1};
    plugin_host::Host host = plugin_host::Host::spawn(loop.get_executor(), LAUNCHER, RUNNER, log);

    // Runs the loop until the work is done. Throws what the work throws.
    template <class T>
    T wait(boost::asio::awaitable<T> work)
    {
        auto future = boost::asio::co_spawn(loop, std::move(work), boost::asio::use_future);
        return end(future);
    }

    // The same of work that has been spawned on the loop.
    template <class T>
    T end(std::future<T> &work)
    {
        while (work.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
            loop.restart();
            loop.run_one();
        }
        return work.get();
    }

    // Leaves the loop running for a while, as it does in an agent between two runs.
    void rest(std::chrono::milliseconds time)
    {
        loop.restart();
        loop.run_for(time);
    }

    // A request for the first method of a plugin; its runner is started and warm. Throws if it cannot be described.
    plugin_host::RunRequest request(const std::filesystem::path &plugin, const std::string &count)
    {
        plugin_host::RunRequest request;
        request.plugin = plugin;
        const plugin_host::Described described = wait(host.describe(plugin)).value();
        request.hash = described.hash;
        request.description = described.description;
        const std::vector<model::Option> options{{"0", "count", count}};
        request.arguments = plugin_host::read_options(request.description->methods[0], options).value.value();
        return request;
    }
};

} // namespace sonde::bench
