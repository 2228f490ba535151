#pragma once

#include "plugin_host/host.hpp"

#include "support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <csignal>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::test {

inline std::shared_ptr<Log> quiet_log()
{
    return make_log("test", "error").value();
}

// A host with a launcher of its own, and the loop that it lives in.
struct Bench {
    explicit Bench(plugin_host::HostSettings settings = {})
        : host(plugin_host::Host::spawn(loop.get_executor(), LAUNCHER, RUNNER, quiet_log(), settings))
    {
    }
    // Over a daemon's socket.
    explicit Bench(const std::filesystem::path &socket, std::shared_ptr<Log> log = quiet_log())
        : host(plugin_host::Host::connect(loop.get_executor(), socket, std::move(log)))
    {
    }

    template <class T>
    std::future<T> begin(boost::asio::awaitable<T> work)
    {
        return boost::asio::co_spawn(loop, std::move(work), boost::asio::use_future);
    }

    // Runs the loop until `done()`; a test that waits for ever is a failure.
    template <class Done>
    void run_until(Done done)
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!done()) {
            loop.restart();
            loop.run_one_for(std::chrono::milliseconds(100));
            if (std::chrono::steady_clock::now() > deadline)
                throw std::runtime_error("not done within a minute");
        }
    }

    template <class T>
    T end(std::future<T> &work)
    {
        run_until([&] { return work.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
        return work.get();
    }

    template <class T>
    T wait(boost::asio::awaitable<T> work)
    {
        std::future<T> future = begin(std::move(work));
        return end(future);
    }

    boost::asio::io_context loop{1};
    plugin_host::Host host;
};

// A launcher as a daemon, on a socket in a folder of its own.
struct Daemon {
    Daemon()
    {
        std::string name = std::filesystem::temp_directory_path() / "sonde-daemon-XXXXXX";
        folder = mkdtemp(name.data());
        socket = folder / "launcher.sock";
    }
    ~Daemon()
    {
        stop();
        std::filesystem::remove_all(folder);
    }
    Daemon(const Daemon &) = delete;
    Daemon &operator=(const Daemon &) = delete;

    void start()
    {
        std::string user = std::to_string(geteuid()), path = socket.string();
        const char *words[] = {LAUNCHER,   "--socket", path.c_str(), "--agent-user", user.c_str(),
                               "--runner", RUNNER,     "--log",      "error",        nullptr};
        REQUIRE(::posix_spawn(&child, LAUNCHER, nullptr, nullptr, const_cast<char **>(words), environ) == 0);
    }
    void stop()
    {
        if (child == 0)
            return;
        kill(child, SIGKILL);
        waitpid(std::exchange(child, 0), nullptr, 0);
    }

    std::filesystem::path folder, socket;
    pid_t child = 0;
};

inline std::filesystem::path fixture(const std::string &name)
{
    return std::filesystem::path(FIXTURES) / (name + ".so");
}

// Keeps everything that it is given.
struct Keeper : plugin_host::RowSink {
    void row(std::uint32_t table, std::span<const sonde_cell> cells) override
    {
        tables.push_back(table);
        numbers.push_back(cells[0].v.i);
    }
    void log(sonde_log_level, std::string_view text) override { lines.emplace_back(text); }
    void progress(std::uint64_t done, std::uint64_t total) override { progressed = {done, total}; }

    std::vector<std::uint32_t> tables;
    std::vector<std::int64_t> numbers;
    std::vector<std::string> lines;
    std::pair<std::uint64_t, std::uint64_t> progressed;
};

// A request for a method of a plugin, the first one if nothing is said, with options as on a command line.
inline plugin_host::RunRequest request_for(Bench &bench, const std::filesystem::path &plugin,
                                           const std::vector<std::pair<std::string, std::string>> &options = {},
                                           std::uint32_t method = 0)
{
    plugin_host::RunRequest request;
    request.plugin = plugin;
    const plugin_host::Described described = bench.wait(bench.host.describe(request.plugin)).value();
    request.hash = described.hash;
    request.description = described.description;
    std::vector<model::Option> given;
    for (const auto &[option, value] : options)
        given.push_back({std::to_string(given.size()), option, value});
    request.method = method;
    auto read = plugin_host::read_options(request.description->methods[method], given);
    request.arguments = read.value.value();
    return request;
}

inline plugin_host::RunRequest request(Bench &bench, const std::string &name,
                                       const std::vector<std::pair<std::string, std::string>> &options = {},
                                       std::uint32_t method = 0)
{
    return request_for(bench, fixture(name), options, method);
}

} // namespace sonde::test
