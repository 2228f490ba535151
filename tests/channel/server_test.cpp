#include "fixture.hpp"

using namespace sonde;
using namespace sonde::channel;
using namespace sonde::channel::test;

namespace {

// A plain server and the words that a test talks with it.
struct Talk {
    Loop loop;
    std::optional<Server> server;
    std::string address;

    void serve(ServerOptions options)
    {
        server.emplace(loop.io.get_executor(), std::move(options), loop.log);
        const auto listening = server->listen("127.0.0.1:0");
        REQUIRE(listening);
        address = *listening;
    }

    // What the server says to these bytes until it closes.
    std::string say(std::string bytes)
    {
        std::string answer;
        loop.run([&]() -> asio::awaitable<void> {
            auto heard = co_await talk(loop.io, address, bytes);
            answer = std::move(heard);
        }());
        return answer;
    }
};

std::size_t count(const std::string &text, const std::string &word)
{
    std::size_t times = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        ++times;
    return times;
}

} // namespace

TEST_CASE("a request is answered with its length, its type and a date")
{
    Talk it;
    it.serve(plain_options([](Request request) -> asio::awaitable<Response> {
        Response response{.content_type = std::string(kYangJson), .body = "{}"};
        response.headers.add("ETag", std::string(*request.query_value("tag")));
        co_return response;
    }));
    const auto answer = it.say("GET /x?tag=%227%22 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\nDate: "));
    CHECK(answer.find("\r\nContent-Type: application/yang-data+json\r\n") != std::string::npos);
    CHECK(answer.find("\r\nETag: \"7\"\r\n") != std::string::npos);
    CHECK(answer.ends_with("\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"));
}

TEST_CASE("requests follow each other on one connection, also when they come at once")
{
    Talk it;
    it.serve(plain_options(echo()));
    const auto answer = it.say("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
                               "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                               "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(count(answer, "HTTP/1.1 200 OK") == 3);
    CHECK(answer.find("GET /1 ") != std::string::npos);
    CHECK(answer.find("POST /2 abc") != std::string::npos);
    CHECK(answer.ends_with("GET /3 "));
}

TEST_CASE("a HEAD is answered with the length of the body that it does not get")
{
    Talk it;
    it.serve(plain_options(echo()));
    const auto answer = it.say("HEAD /12 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(answer.find("Content-Length: 9\r\n") != std::string::npos);
    CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("a damaged request gets its status and the connection's end, and the log one line")
{
    const auto [bytes, status] = GENERATE(table<std::string, std::string>({
        {"nonsense\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\n\r\n", "400"},
        {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
        {"GET / HTTP/3.0\r\nHost: x\r\n\r\n", "505"},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
        {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n", "431"},
    }));
    Talk it;
    it.serve(plain_options(echo()));
    const auto answer = it.say(bytes);
    CHECK(answer.starts_with("HTTP/1.1 " + status));
    const auto lines = it.loop.warnings();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with("warning request refused status=" + status));
}

TEST_CASE("a body over the limit gets 413 although the client is still sending, with one line")
{
    Talk it;
    auto options = plain_options(echo());
    options.body_limit = 1000;
    it.serve(options);
    CHECK(it.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n" +
                 std::string(1000, 'x'))
              .starts_with("HTTP/1.1 200"));
    CHECK(it.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n" + std::string(5'000'000, 'x'))
              .starts_with("HTTP/1.1 413"));
    CHECK(it.say("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x'))
              .starts_with("HTTP/1.1 413"));
    CHECK(it.loop.warnings() ==
          std::vector<std::string>(2, "warning request refused status=413 method=POST path=/ reason=\"the body is "
                                      "larger than allowed\""));
}

TEST_CASE("half a request gets 408 at its deadline, with one line")
{
    const std::string half = GENERATE("GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
    Talk it;
    auto options = plain_options(echo());
    options.request_deadline = 50ms;
    it.serve(options);
    CHECK(it.say(half).starts_with("HTTP/1.1 408"));
    CHECK(it.loop.warnings().size() == 1);
}

TEST_CASE("a request that drips in byte by byte gets 408 at its deadline all the same")
{
    Talk it;
    auto options = plain_options(echo());
    options.request_deadline = 100ms;
    it.serve(options);
    it.loop.run([&]() -> asio::awaitable<void> {
        auto socket = co_await connect_to(it.loop.io, it.address);
        std::string answer;
        asio::co_spawn(it.loop.io, read_text_until(socket), [&](std::exception_ptr, std::string all) { answer = all; });
        const std::string head = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
        error_code error;
        co_await asio::async_write(socket, asio::buffer(head), asio::redirect_error(asio::use_awaitable, error));
        asio::steady_timer pause(it.loop.io);
        while (answer.empty() && !error) {
            co_await asio::async_write(socket, asio::buffer("a", 1), asio::redirect_error(asio::use_awaitable, error));
            pause.expires_after(5ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
        co_await until(it.loop.io, [&] { return !answer.empty(); });
        CHECK(answer.starts_with("HTTP/1.1 408"));
        socket.close();
    }());
    CHECK(it.loop.warnings().size() == 1);
}

TEST_CASE("a client that leaves in the middle of its request is one line, and one that leaves between two is none")
{
    Talk it;
    it.serve(plain_options(echo()));
    it.loop.run([&]() -> asio::awaitable<void> {
        auto half = co_await connect_to(it.loop.io, it.address);
        co_await asio::async_write(half, asio::buffer("POST /x HT", 10), asio::use_awaitable);
        half.close();
        co_await until(it.loop.io, [&] { return !it.loop.warnings().empty(); });
        auto whole = co_await connect_to(it.loop.io, it.address);
        co_await asio::async_write(whole, asio::buffer("GET /x HTTP/1.1\r\nHost: x\r\n\r\n", 28), asio::use_awaitable);
        co_await read_text_until(whole, "GET /x");
        whole.close();
        co_await until(it.loop.io, [&] { return it.server->connections() == 0; });
    }());
    REQUIRE(it.loop.warnings().size() == 1);
    CHECK(it.loop.warnings()[0].starts_with("warning request refused status=400"));
}

TEST_CASE("an idle connection is closed after its time without a line")
{
    Talk it;
    auto options = plain_options(echo());
    options.idle_timeout = 30ms;
    it.serve(options);
    CHECK(it.say("").empty());
    CHECK(count(it.say("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "200 OK") == 1);
    CHECK(it.loop.warnings().empty());
}

TEST_CASE("who is refused by the head alone is refused before a byte of the body is asked for")
{
    Talk it;
    auto options = plain_options(echo());
    options.admit = [](const Request &request) { return require_role(request, {Role::agent}); };
    it.serve(options);
    const auto answer = it.say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 403"));
    CHECK(it.loop.warnings().size() == 1);
}

TEST_CASE("a client that waits to be told to continue is told")
{
    Talk it;
    it.serve(plain_options(echo()));
    it.loop.run([&]() -> asio::awaitable<void> {
        auto socket = co_await connect_to(it.loop.io, it.address);
        const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
        co_await asio::async_write(socket, asio::buffer(head), asio::use_awaitable);
        const auto go = co_await read_text_until(socket, "\r\n\r\n");
        CHECK(go == "HTTP/1.1 100 Continue\r\n\r\n");
        co_await asio::async_write(socket, asio::buffer("ok", 2), asio::use_awaitable);
        const auto answer = co_await read_text_until(socket, "POST / ok");
        CHECK(answer.starts_with("HTTP/1.1 200"));
    }());
}

TEST_CASE("a handler's bug is a 500 without its words, an error line, and not the server's end")
{
    Talk it;
    it.serve(plain_options([](Request request) -> asio::awaitable<Response> {
        if (request.path == "/bug")
            throw std::logic_error("secret detail");
        co_return Response{};
    }));
    const auto answer = it.say("GET /bug HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 500"));
    CHECK(answer.find("secret") == std::string::npos);
    CHECK(it.loop.warnings() == std::vector<std::string>{"error request failed what=\"secret detail\""});
    CHECK(it.say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 200"));
}

namespace {

// Waits like a long poll until it is cancelled.
Handler waits(asio::io_context &io, int &entered, int &cancelled)
{
    return [&](Request) -> asio::awaitable<Response> {
        ++entered;
        asio::steady_timer news(io, 60s);
        error_code error;
        co_await news.async_wait(asio::redirect_error(asio::use_awaitable, error));
        if (error)
            ++cancelled;
        co_return Response{};
    };
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

} // namespace

TEST_CASE("a handler that waits is cancelled when its client leaves")
{
    Talk it;
    int entered = 0;
    int cancelled = 0;
    it.serve(plain_options(waits(it.loop.io, entered, cancelled)));
    it.loop.run([&]() -> asio::awaitable<void> {
        auto socket = co_await connect_to(it.loop.io, it.address);
        co_await asio::async_write(socket, asio::buffer(kGet), asio::use_awaitable);
        co_await until(it.loop.io, [&] { return entered == 1; });
        socket.close();
        co_await until(it.loop.io, [&] { return cancelled == 1 && it.server->connections() == 0; });
    }());
    CHECK(it.loop.warnings().empty());
}

TEST_CASE("a stop closes idle connections at once, lets requests finish, and cancels those that do not in time")
{
    Talk it;
    int entered = 0;
    int cancelled = 0;
    asio::steady_timer release(it.loop.io, 60s);
    auto waiting = waits(it.loop.io, entered, cancelled);
    it.serve(plain_options([&](Request request) -> asio::awaitable<Response> {
        if (request.path == "/") {
            auto response = co_await waiting(std::move(request));
            co_return response;
        }
        ++entered;
        error_code error;
        co_await release.async_wait(asio::redirect_error(asio::use_awaitable, error));
        Response response{.body = "finished"};
        co_return response;
    }));
    it.loop.run([&]() -> asio::awaitable<void> {
        auto idle = co_await connect_to(it.loop.io, it.address);
        auto slow = co_await connect_to(it.loop.io, it.address);
        auto never = co_await connect_to(it.loop.io, it.address);
        co_await asio::async_write(never, asio::buffer(kGet), asio::use_awaitable);
        const std::string other = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
        co_await asio::async_write(slow, asio::buffer(other), asio::use_awaitable);
        co_await until(it.loop.io, [&] { return entered == 2 && it.server->connections() == 3; });

        bool stopped = false;
        asio::co_spawn(it.loop.io, it.server->stop(300ms), [&](std::exception_ptr) { stopped = true; });
        const auto nothing = co_await read_text_until(idle);
        CHECK(nothing.empty());
        CHECK_FALSE(stopped);
        release.cancel();
        const auto finished = co_await read_text_until(slow);
        CHECK(finished.find("Connection: close\r\n") != std::string::npos);
        CHECK(finished.ends_with("finished"));
        slow.close();
        const auto cut = co_await read_text_until(never);
        CHECK(cut.empty());
        co_await until(it.loop.io, [&] { return stopped; });
        CHECK(cancelled == 1);
        CHECK(it.server->connections() == 0);
        tcp::socket late(it.loop.io);
        error_code error;
        co_await late.async_connect(*parse_endpoint(it.address), asio::redirect_error(asio::use_awaitable, error));
        CHECK(error == asio::error::connection_refused);
    }());
}

TEST_CASE("a stop tells handlers that wait, so that they answer at once and nobody waits for the grace to end")
{
    Talk it;
    asio::steady_timer news(it.loop.io, asio::steady_timer::time_point::max());
    bool entered = false;
    auto options = plain_options([&](Request) -> asio::awaitable<Response> {
        entered = true;
        error_code error;
        co_await news.async_wait(asio::redirect_error(asio::use_awaitable, error));
        Response response{.status = 304};
        co_return response;
    });
    options.on_stop = [&] { news.cancel(); };
    it.serve(options);
    it.loop.run([&]() -> asio::awaitable<void> {
        auto waiting = co_await connect_to(it.loop.io, it.address);
        co_await asio::async_write(waiting, asio::buffer(kGet), asio::use_awaitable);
        co_await until(it.loop.io, [&] { return entered; });
        bool stopped = false;
        asio::co_spawn(it.loop.io, it.server->stop(1h), [&](std::exception_ptr) { stopped = true; });
        const auto answer = co_await read_text_until(waiting);
        CHECK(answer.starts_with("HTTP/1.1 304"));
        CHECK(answer.find("Connection: close\r\n") != std::string::npos);
        waiting.close();
        co_await until(it.loop.io, [&] { return stopped; });
    }());
}

TEST_CASE("connections over the limit are told 503 and when to come again")
{
    Talk it;
    auto options = plain_options(echo());
    options.max_connections = 1;
    it.serve(options);
    it.loop.run([&]() -> asio::awaitable<void> {
        auto first = co_await connect_to(it.loop.io, it.address);
        co_await until(it.loop.io, [&] { return it.server->connections() == 1; });
        const auto answer = co_await talk(it.loop.io, it.address, std::string(kGet));
        CHECK(answer.starts_with("HTTP/1.1 503"));
        CHECK(answer.find("Retry-After: ") != std::string::npos);
        co_await asio::async_write(first, asio::buffer(kGet), asio::use_awaitable);
        const auto served = co_await read_text_until(first, "GET / ");
        CHECK(served.starts_with("HTTP/1.1 200"));
    }());
    CHECK(it.loop.warnings().size() == 1);
}

namespace {

// A body of `pieces` pieces of 64 KiB.
BodyProducer many(std::uint64_t pieces)
{
    return [left = pieces]() mutable -> asio::awaitable<Result<std::string_view>> {
        static const std::string piece(65536, 'p');
        if (left == 0)
            co_return std::string_view{};
        --left;
        co_return std::string_view(piece);
    };
}

} // namespace

TEST_CASE("a produced body is chunked, or sized where its length is known, or ends with an old client's connection")
{
    Talk it;
    it.serve(plain_options([](Request request) -> asio::awaitable<Response> {
        Response response{.producer = many(2)};
        if (request.path == "/sized")
            response.produced_bytes = 2 * 65536;
        co_return response;
    }));
    const auto chunked = it.say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(chunked.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(chunked.ends_with("p\r\n0\r\n\r\n"));
    const auto sized = it.say("GET /sized HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(sized.find("Content-Length: 131072\r\n") != std::string::npos);
    CHECK(count(sized, "p") == 131072);
    const auto old = it.say("GET / HTTP/1.0\r\n\r\n");
    CHECK(old.find("chunked") == std::string::npos);
    CHECK(old.ends_with("p"));
    CHECK(count(it.say("HEAD /sized HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "p") == 0);
}

TEST_CASE("a producer that fails, or makes another length than it said, cuts the connection with one line")
{
    const std::string path = GENERATE("/fails", "/short", "/long");
    Talk it;
    it.serve(plain_options([](Request request) -> asio::awaitable<Response> {
        Response response{.producer = many(request.path == "/long" ? 3 : 1)};
        response.produced_bytes = 2 * 65536 - 1;
        if (request.path == "/fails")
            response.producer = []() -> asio::awaitable<Result<std::string_view>> {
                Error error{"store", "gone", ""};
                co_return error;
            };
        co_return response;
    }));
    it.say("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    REQUIRE(it.loop.warnings().size() == 1);
    CHECK(it.loop.warnings()[0].starts_with("warning response cut reason="));
}

TEST_CASE("a client that takes nothing any more is cut off with one line")
{
    Talk it;
    auto options = plain_options([](Request) -> asio::awaitable<Response> {
        Response response{.producer = many(1'000'000)};
        co_return response;
    });
    options.stall_timeout = 100ms;
    it.serve(options);
    it.loop.run([&]() -> asio::awaitable<void> {
        auto socket = co_await connect_to(it.loop.io, it.address);
        co_await asio::async_write(socket, asio::buffer(kGet), asio::use_awaitable);
        co_await until(it.loop.io, [&] { return !it.loop.warnings().empty(); });
        socket.close();
    }());
    CHECK(it.loop.warnings() ==
          std::vector<std::string>{"warning response cut reason=\"the client takes nothing any more\""});
}

TEST_CASE("listening fails with the address and the reason, and works over IPv6")
{
    Loop loop;
    Server server(loop.io.get_executor(), plain_options(echo()), loop.log);
    const auto bad = server.listen("localhost:80");
    REQUIRE_FALSE(bad);
    CHECK(bad.error().where == "localhost:80");
    const auto first = server.listen("127.0.0.1:0");
    REQUIRE(first);
    const auto taken = server.listen(*first);
    REQUIRE_FALSE(taken);
    CHECK(taken.error().what == "cannot listen: Address already in use");
    if (sonde::test::skipped_without_ipv6())
        return;
    const auto six = server.listen("[::1]:0");
    REQUIRE(six);
    CHECK(six->starts_with("[::1]:"));
    CHECK(loop.text().find("info listening on=" + *six + " tls=no\n") != std::string::npos);
}
