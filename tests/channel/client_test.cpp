#include "fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>

using namespace sonde;
using namespace sonde::channel;
using namespace sonde::channel::test;

namespace {

constexpr auto kDeadline = 10s;

ClientOptions to(const std::string &address, std::string host = "127.0.0.1")
{
    return {.server = {.tls = false, .host = std::move(host), .port = port_of(address)}};
}

asio::awaitable<Result<Response>> get(Client &client, std::string path, std::chrono::milliseconds deadline = kDeadline)
{
    Request request{.path = std::move(path)};
    auto response = co_await client.request(std::move(request), deadline);
    co_return response;
}

constexpr const char *kManifold = "manifold.test";

// Gives kManifold these addresses, for this process alone: a hosts file in a mount namespace of its own.
bool names_all(const std::vector<std::string> &addresses)
{
    if (sonde::test::skipped_without_root())
        return false;
    const TempDir dir;
    const std::string hosts = dir / "hosts";
    std::ofstream file(hosts);
    for (const std::string &address : addresses)
        file << address << ' ' << kManifold << '\n';
    file.close();
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount(hosts.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) != 0) {
        sonde::test::say_skipped(std::string("no mount namespace of its own: ") + std::strerror(errno));
        return false;
    }
    return true;
}

// A server that is none of ours: says `answer` to whatever comes, on each connection, then closes it.
class Rude {
public:
    Rude(Loop &loop, std::string answer) : acceptor_(loop.io, *parse_endpoint("127.0.0.1:0")), answer_(answer)
    {
        asio::co_spawn(loop.io, serve(), [](std::exception_ptr) {});
    }

    std::string address() const { return to_text(acceptor_.local_endpoint()); }
    int connections = 0;

private:
    asio::awaitable<void> serve()
    {
        for (;;) {
            auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
            ++connections;
            co_await read_text_until(socket, "\r\n\r\n");
            error_code ignored;
            co_await asio::async_write(socket, asio::buffer(answer_),
                                       asio::redirect_error(asio::use_awaitable, ignored));
        }
    }

    tcp::acceptor acceptor_;
    std::string answer_;
};

// What a request to a server that answers so ends with.
Result<Response> answered(std::string answer, ClientOptions options = {.server = {}})
{
    Loop loop;
    Result<Response> outcome = Error{"", "nothing ran", ""};
    Rude server(loop, std::move(answer));
    loop.run([&]() -> asio::awaitable<void> {
        options.server = to(server.address()).server;
        Client client(loop.io.get_executor(), options);
        auto response = co_await get(client, "/");
        outcome = std::move(response);
    }());
    return outcome;
}

} // namespace

TEST_CASE("a request arrives as it was meant: method, path, query, fields and body")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        Request seen;
        Server server(loop.io.get_executor(), plain_options([&](Request request) -> asio::awaitable<Response> {
                          seen = std::move(request);
                          Response response{.status = 201, .content_type = "text/plain", .body = "made"};
                          co_return response;
                      }),
                      loop.log);
        const auto address = server.listen("127.0.0.1:0");
        Client client(loop.io.get_executor(), to(*address));
        Request request{
            .method = "POST", .path = "/a b/ietf-lmap-control:lmap", .query = {{"last", "2h"}, {"q", "a&b=c d"}}};
        request.headers.add("Prefer", "wait=60");
        request.body = "{}";
        auto response = co_await client.request(std::move(request), kDeadline);
        REQUIRE(response);
        CHECK(response->status == 201);
        CHECK(response->content_type == "text/plain");
        CHECK(response->body == "made");
        CHECK(seen.method == "POST");
        CHECK(seen.path == "/a b/ietf-lmap-control:lmap");
        CHECK(seen.query_value("q") == "a&b=c d");
        CHECK(preferred_wait(seen.headers, 90s) == 60s);
        CHECK(seen.body == "{}");
        CHECK(seen.remote.starts_with("127.0.0.1:"));
        CHECK_FALSE(seen.peer);
    }());
}

TEST_CASE("requests after each other share a connection, overlapping ones do not")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        Server server(loop.io.get_executor(), plain_options(echo()), loop.log);
        const auto address = server.listen("127.0.0.1:0");
        Client client(loop.io.get_executor(), to(*address));
        for (int i = 0; i < 20; ++i) {
            const auto response = co_await get(client, "/");
            REQUIRE(response);
        }
        CHECK(server.connections() == 1);
        int done = 0;
        for (int i = 0; i < 3; ++i)
            asio::co_spawn(loop.io, get(client, "/"), [&](std::exception_ptr, const Result<Response> &response) {
                CHECK(response);
                ++done;
            });
        co_await until(loop.io, [&] { return done == 3; });
        CHECK(server.connections() == 3);
    }());
}

TEST_CASE("an idle connection is closed after its time, however many there are")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        Server server(loop.io.get_executor(), plain_options(echo()), loop.log);
        const auto address = server.listen("127.0.0.1:0");
        ClientOptions options = to(*address);
        options.idle_limit = 300ms;
        Client client(loop.io.get_executor(), std::move(options));
        for (int round = 0; round < 2; ++round) {
            int done = 0;
            for (int i = 0; i < 2; ++i)
                asio::co_spawn(loop.io, get(client, "/"), [&](std::exception_ptr, const Result<Response> &response) {
                    CHECK(response);
                    ++done;
                });
            co_await until(loop.io, [&] { return done == 2; });
            co_await until(loop.io, [&] { return server.connections() == 0; });
        }
    }());
}

TEST_CASE("a server that was restarted between two requests is connected to again, and the request sent once more")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        int answered = 0;
        const Handler counting = [&](Request) -> asio::awaitable<Response> {
            ++answered;
            co_return Response{};
        };
        std::optional<Server> server(std::in_place, loop.io.get_executor(), plain_options(counting), loop.log);
        const auto address = server->listen("127.0.0.1:0");
        Client client(loop.io.get_executor(), to(*address));
        const auto before = co_await get(client, "/");
        REQUIRE(before);
        server.reset();
        server.emplace(loop.io.get_executor(), plain_options(counting), loop.log);
        REQUIRE(server->listen(*address));
        const auto after = co_await get(client, "/");
        REQUIRE(after);
        CHECK(answered == 2);
    }());
}

TEST_CASE("a kept-alive connection that dies under a request is replaced, a new one that dies is an error")
{
    Loop loop;
    Rude server(loop, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    loop.run([&]() -> asio::awaitable<void> {
        Client client(loop.io.get_executor(), to(server.address()));
        for (int i = 1; i <= 5; ++i) {
            const auto response = co_await get(client, "/");
            REQUIRE(response);
        }
        CHECK(server.connections == 5);
    }());
    CHECK(answered("").error().what == "closed without an answer");
}

TEST_CASE("what is no answer is an error that says so")
{
    CHECK(answered("SSH-2.0-OpenSSH_9.2\r\n\r\n").error().what.starts_with("bad answer: not HTTP"));
    CHECK(answered("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").error().what == "the answer is cut");
    CHECK(answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").error().what ==
          "the answer is cut");
    CHECK(answered("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", {.server = {}, .body_limit = 98}).error().what ==
          "bad answer: the body is larger than allowed");
    CHECK(answered("HTTP/1.1 200 OK\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n").error().what ==
          "bad answer: the header is larger than allowed");
}

TEST_CASE("an interim response is passed over, and a body may end with the connection")
{
    CHECK(answered("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")->status ==
          204);
    CHECK(answered("HTTP/1.1 200 OK\r\n\r\nto the end")->body == "to the end");
}

TEST_CASE("an error says where and at which step")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        std::string address;
        {
            // A port that was just free.
            Server server(loop.io.get_executor(), plain_options(echo()), loop.log);
            address = *server.listen("127.0.0.1:0");
        }
        co_await until(loop.io, [] { return true; });
        Client nobody(loop.io.get_executor(), to(address));
        const auto refused = co_await get(nobody, "/");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().where == "http://" + address);
        CHECK(refused.error().what == "connecting to " + address + ": Connection refused");

        Client nameless(loop.io.get_executor(), to(address, "no-such-host.invalid"));
        const auto unknown = co_await get(nameless, "/");
        REQUIRE_FALSE(unknown);
        CHECK(unknown.error().what.starts_with("resolving no-such-host.invalid: "));

        Client keyless(loop.io.get_executor(), {.server = {.host = "127.0.0.1"}});
        const auto without = co_await get(keyless, "/");
        CHECK(without.error().what == "https needs an identity");
    }());
}

TEST_CASE("each address of a name is tried: a server on any one of them is found")
{
    std::vector<std::string> addresses{"127.0.0.2", "127.0.0.3"};
    if (!sonde::test::skipped_without_ipv6())
        addresses.emplace_back("::1");
    if (!names_all(addresses))
        return;
    for (const std::string &address : addresses) {
        Loop loop;
        loop.run([&]() -> asio::awaitable<void> {
            Server server(loop.io.get_executor(), plain_options(echo()), loop.log);
            const auto listening =
                server.listen(address.find(':') == std::string::npos ? address + ":0" : "[" + address + "]:0");
            REQUIRE(listening);
            Client client(loop.io.get_executor(), to(*listening, kManifold));
            const auto response = co_await get(client, "/");
            CAPTURE(address);
            CHECK(response);
        }());
    }
}

TEST_CASE("a request that gets no answer in time ends, and the client can be used again")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        bool slow = true;
        Server server(loop.io.get_executor(), plain_options([&](Request) -> asio::awaitable<Response> {
                          asio::steady_timer timer(loop.io, slow ? 60s : 0s);
                          co_await timer.async_wait(asio::use_awaitable);
                          co_return Response{};
                      }),
                      loop.log);
        const auto address = server.listen("127.0.0.1:0");
        Client client(loop.io.get_executor(), to(*address));
        const auto late = co_await get(client, "/", 50ms);
        REQUIRE_FALSE(late);
        CHECK(late.error().what == "no answer in time");
        slow = false;
        const auto then = co_await get(client, "/");
        CHECK(then);
        co_await until(loop.io, [&] { return server.connections() == 1; });
    }());
}

TEST_CASE("a client that is destroyed ends its requests")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        bool entered = false;
        Server server(loop.io.get_executor(), plain_options([&](Request) -> asio::awaitable<Response> {
                          entered = true;
                          asio::steady_timer timer(loop.io, 60s);
                          co_await timer.async_wait(asio::use_awaitable);
                          co_return Response{};
                      }),
                      loop.log);
        const auto address = server.listen("127.0.0.1:0");
        std::optional<Client> client(std::in_place, loop.io.get_executor(), to(*address));
        std::string ended;
        asio::co_spawn(loop.io, get(*client, "/"),
                       [&](std::exception_ptr, const Result<Response> &response) { ended = response.error().what; });
        co_await until(loop.io, [&] { return entered; });
        client.reset();
        co_await until(loop.io, [&] { return ended == "the client was closed"; });
    }());
}

TEST_CASE("a request is cancelled with the coroutine that waits for it")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        bool entered = false;
        Server server(loop.io.get_executor(), plain_options([&](Request) -> asio::awaitable<Response> {
                          entered = true;
                          asio::steady_timer timer(loop.io, 60s);
                          co_await timer.async_wait(asio::use_awaitable);
                          co_return Response{};
                      }),
                      loop.log);
        const auto address = server.listen("127.0.0.1:0");
        Client client(loop.io.get_executor(), to(*address));
        asio::cancellation_signal cancel;
        bool ended = false;
        asio::co_spawn(loop.io, get(client, "/", 60s),
                       asio::bind_cancellation_slot(
                           cancel.slot(), [&](std::exception_ptr, const Result<Response> &) { ended = true; }));
        co_await until(loop.io, [&] { return entered; });
        cancel.emit(asio::cancellation_type::terminal);
        co_await until(loop.io, [&] { return ended && server.connections() == 0; });
    }());
}

TEST_CASE("a server that refuses a large body early is heard")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        auto options = plain_options(echo());
        options.body_limit = 1000;
        Server server(loop.io.get_executor(), options, loop.log);
        const auto address = server.listen("127.0.0.1:0");
        Client client(loop.io.get_executor(), to(*address));
        Request request{.method = "POST", .body = std::string(30'000'000, 'x')};
        const auto response = co_await client.request(std::move(request), kDeadline);
        REQUIRE(response);
        CHECK(response->status == 413);
        CHECK(reason_of(*response) == "the body is larger than allowed");
        const auto next = co_await get(client, "/");
        CHECK(next);
    }());
}

TEST_CASE("a large body streams through in pieces")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        constexpr int kPieces = 5000;
        Server server(loop.io.get_executor(), plain_options([](Request request) -> asio::awaitable<Response> {
                          Response response;
                          if (request.path != "/") {
                              response = refuse(404, "nothing there");
                              co_return response;
                          }
                          response.producer = [left = kPieces]() mutable -> asio::awaitable<Result<std::string_view>> {
                              static const std::string piece(65536, 'p');
                              co_return left-- > 0 ? std::string_view(piece) : std::string_view{};
                          };
                          co_return response;
                      }),
                      loop.log);
        const auto address = server.listen("127.0.0.1:0");
        Client client(loop.io.get_executor(), to(*address));
        std::uint64_t received = 0;
        std::size_t largest = 0;
        const BodySink count = [&](std::string_view piece) -> Result<void> {
            received += piece.size();
            largest = std::max(largest, piece.size());
            return {};
        };
        Request request;
        const auto response = co_await client.stream(std::move(request), kDeadline, count);
        REQUIRE(response);
        CHECK(received == std::uint64_t{kPieces} * 65536);
        CHECK(largest <= 64 * 1024);
        CHECK(response->body.empty());

        Request missing{.path = "/missing"};
        received = 0;
        const auto refused = co_await client.stream(std::move(missing), kDeadline, count);
        REQUIRE(refused);
        CHECK(reason_of(*refused) == "nothing there");
        CHECK(received == 0);

        const BodySink full = [](std::string_view) -> Result<void> { return Error{"disk", "full", ""}; };
        Request again;
        const auto stopped = co_await client.stream(std::move(again), kDeadline, full);
        REQUIRE_FALSE(stopped);
        CHECK(stopped.error().what == "full");
    }());
}

TEST_CASE("a stream that stops coming ends after its patience")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        Server server(loop.io.get_executor(), plain_options([&](Request) -> asio::awaitable<Response> {
                          Response response;
                          response.producer = [&, first = true]() mutable -> asio::awaitable<Result<std::string_view>> {
                              if (std::exchange(first, false))
                                  co_return std::string_view("begun");
                              asio::steady_timer timer(loop.io, 60s);
                              co_await timer.async_wait(asio::use_awaitable);
                              co_return std::string_view{};
                          };
                          co_return response;
                      }),
                      loop.log);
        const auto address = server.listen("127.0.0.1:0");
        Client client(loop.io.get_executor(), to(*address));
        std::string received;
        const BodySink keep = [&](std::string_view piece) -> Result<void> {
            received += piece;
            return {};
        };
        Request request;
        const auto response = co_await client.stream(std::move(request), 100ms, keep);
        REQUIRE_FALSE(response);
        CHECK(response.error().what == "the answer did not come to its end in time");
        CHECK(received == "begun");
    }());
}
