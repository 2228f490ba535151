#pragma once

#include "channel/authority.hpp"
#include "channel/client.hpp"
#include "channel/identity.hpp"
#include "channel/server.hpp"
#include "channel/wire.hpp"

#include "support/catch.hpp"
#include "support/skip.hpp"
#include "support/temp_dir.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <spdlog/sinks/ostream_sink.h>

#include <map>
#include <sstream>

namespace sonde::channel::test {

using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

using sonde::test::TempDir;
using IdentityPtr = std::shared_ptr<const Identity>;

// Two authorities and certificates of theirs, made once a test program.
struct Certificates {
    TempDir dir;

    static Certificates &instance()
    {
        static Certificates all;
        return all;
    }

    Certificates()
    {
        REQUIRE(create_authority(dir.path() / "ca"));
        REQUIRE(create_authority(dir.path() / "other-ca"));
    }

    // Issued and loaded once for each name.
    IdentityPtr get(const std::string &name, Role role, std::vector<std::string> hosts = {}, const char *ca = "ca")
    {
        auto &identity = loaded_[name];
        if (identity)
            return identity;
        Issue issue;
        issue.role = role;
        issue.hosts = std::move(hosts);
        REQUIRE(issue_identity(dir.path() / ca, dir.path() / name, issue));
        auto found = load_identity(dir.path() / name);
        REQUIRE(found);
        return identity = *found;
    }

    IdentityPtr controller() { return get("controller", Role::controller, {"localhost", "127.0.0.1", "::1"}); }
    IdentityPtr agent() { return get("agent", Role::agent); }
    // Of an authority that the others do not know, and so that knows theirs not either.
    IdentityPtr stranger() { return get("stranger", Role::agent, {}, "other-ca"); }

private:
    std::map<std::string, IdentityPtr> loaded_;
};

// One loop for servers and clients, and the log that the servers write.
class Loop {
public:
    Loop() : log("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines_))
    {
        log.set_pattern("%l %v");
        log.set_level(spdlog::level::info);
    }

    // Runs until the coroutine has ended; a test that hangs fails.
    void run(asio::awaitable<void> story)
    {
        bool done = false;
        std::exception_ptr failed;
        asio::co_spawn(io, std::move(story), [&](std::exception_ptr failure) {
            done = true;
            failed = failure;
        });
        const auto end = std::chrono::steady_clock::now() + 30s;
        io.restart();
        while (!done && std::chrono::steady_clock::now() < end)
            io.run_one_for(1s);
        if (failed)
            std::rethrow_exception(failed);
        REQUIRE(done);
    }

    // The lines of warning level and above so far.
    std::vector<std::string> warnings()
    {
        std::istringstream all(lines_.str());
        std::vector<std::string> found;
        for (std::string line; std::getline(all, line);)
            if (line.starts_with("warning") || line.starts_with("error"))
                found.push_back(line);
        return found;
    }
    std::string text() const { return lines_.str(); }

    asio::io_context io{1};

private:
    std::ostringstream lines_;

public:
    Log log;
};

// Waits for a condition that another coroutine of the loop makes true.
inline asio::awaitable<void> until(asio::io_context &io, std::function<bool()> condition)
{
    asio::steady_timer pause(io);
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition() && std::chrono::steady_clock::now() < end) {
        pause.expires_after(1ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
    CHECK(condition());
}

inline Handler echo()
{
    return [](Request request) -> asio::awaitable<Response> {
        Response response{.body = request.method + " " + request.path + " " + request.body};
        co_return response;
    };
}

inline ServerOptions plain_options(Handler handler)
{
    ServerOptions options;
    options.handler = std::move(handler);
    return options;
}

inline ServerOptions tls_options(IdentityPtr identity, Handler handler)
{
    auto options = plain_options(std::move(handler));
    options.identity = std::move(identity);
    return options;
}

inline std::uint16_t port_of(const std::string &address)
{
    return parse_endpoint(address)->port();
}

// A connected socket for bytes that no client of ours would send.
inline asio::awaitable<tcp::socket> connect_to(asio::io_context &io, std::string address)
{
    tcp::socket socket(io);
    co_await socket.async_connect(*parse_endpoint(address), asio::use_awaitable);
    co_return socket;
}

// Reads until the other side closes, or until `marker` was seen.
inline asio::awaitable<std::string> read_text_until(tcp::socket &socket, std::string marker = "\xff")
{
    std::string all;
    error_code error;
    while (!error && all.find(marker) == std::string::npos) {
        char buffer[4096];
        const auto bytes =
            co_await socket.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
        all.append(buffer, bytes);
    }
    co_return all;
}

// Sends the bytes, then reads to the end.
inline asio::awaitable<std::string> talk(asio::io_context &io, std::string address, std::string bytes)
{
    auto socket = co_await connect_to(io, address);
    error_code error;
    co_await asio::async_write(socket, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, error));
    auto answer = co_await read_text_until(socket);
    co_return answer;
}

} // namespace sonde::channel::test
