#pragma once

#include "channel/backoff.hpp"
#include "channel/fixture.hpp"
#include "spool/spool_support.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace sonde::agent::test {

namespace asio = boost::asio;
using namespace sonde::channel::test;
using sonde::test::await;

// A spool, and a server of the control or report channel that answers as a test says and remembers what it was asked.
struct Bench {
    Loop loop;
    sonde::test::TempDir dir;
    spool::Spool spool = sonde::test::open_spool(dir / "spool.db");
    std::function<channel::Response(const channel::Request &)> answer;
    std::vector<channel::Request> requests;
    std::optional<channel::Server> server;
    channel::ClientOptions client;

    explicit Bench(channel::Role role = channel::Role::controller)
    {
        const auto identity = role == channel::Role::controller
                                  ? Certificates::instance().controller()
                                  : Certificates::instance().get("collector", role, {"127.0.0.1"});
        server.emplace(loop.io.get_executor(),
                       tls_options(identity,
                                   [this](channel::Request request) -> asio::awaitable<channel::Response> {
                                       requests.push_back(request);
                                       channel::Response response = answer(request);
                                       co_return response;
                                   }),
                       loop.log);
        client.identity = Certificates::instance().agent();
        client.server_role = role;
        const auto listening = server->listen("127.0.0.1:0");
        REQUIRE(listening);
        client.server = *channel::parse_url("https://" + *listening);
    }

    // The agent's log goes to the same lines as the server's.
    std::shared_ptr<Log> log() { return {std::shared_ptr<void>(), &loop.log}; }

    // How many lines of the agent's log, of warning level and above, begin so.
    std::size_t lines(const std::string &words)
    {
        std::size_t count = 0;
        for (const std::string &line : loop.warnings())
            count += line.find(' ' + words) != std::string::npos;
        return count;
    }

    void run_until(std::function<bool()> condition) { loop.run(until(loop.io, std::move(condition))); }
};

inline channel::Random no_jitter()
{
    return [] { return 0.999; };
}

inline channel::Response status(int code)
{
    return code < 300 ? channel::Response{.status = code} : channel::refuse(code, "the test says so");
}

} // namespace sonde::agent::test
