#include "fixture.hpp"

#include <cstdlib>

using namespace sonde;
using namespace sonde::channel;
using namespace sonde::channel::test;

namespace {

constexpr auto kDeadline = 10s;

Handler only_agents()
{
    return [](Request request) -> asio::awaitable<Response> {
        auto refused = require_role(request, {Role::agent});
        if (refused)
            co_return std::move(*refused);
        Response response{.body = to_string(request.peer->id)};
        co_return response;
    };
}

// What one GET gets from a server with `server`'s identity; the server's lines are left in the loop's log.
Result<Response> get(Loop &loop, IdentityPtr server, IdentityPtr client, Role expected = Role::controller,
                     std::string host = "127.0.0.1", std::string listen = "127.0.0.1:0")
{
    Result<Response> outcome = Error{"", "nothing ran", ""};
    loop.run([&]() -> asio::awaitable<void> {
        Server https(loop.io.get_executor(), tls_options(server, only_agents()), loop.log);
        const auto address = https.listen(listen);
        Client user(loop.io.get_executor(),
                    {.server = {.host = host, .port = port_of(*address)}, .identity = client, .server_role = expected});
        Request request;
        auto response = co_await user.request(std::move(request), kDeadline);
        outcome = std::move(response);
        if (!outcome)
            co_await until(loop.io, [&] { return https.connections() == 0; });
        co_await https.stop(1s);
    }());
    return outcome;
}

IdentityPtr expired_on_load(Role role)
{
    // Valid when loaded and for two seconds more: a program that runs past its certificate's end.
    auto &certificates = Certificates::instance();
    static int number = 0;
    const auto out = certificates.dir.path() / ("expiring-" + std::to_string(++number));
    Issue issue;
    issue.role = role;
    issue.hosts = {"127.0.0.1"};
    issue.not_after = std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()) + 1s;
    REQUIRE(issue_identity(certificates.dir.path() / "ca", out, issue));
    auto identity = load_identity(out);
    REQUIRE(identity);
    return *identity;
}

void wait_past(const IdentityPtr &identity)
{
    Loop clock;
    clock.run([&]() -> asio::awaitable<void> {
        asio::steady_timer timer(clock.io);
        while (now().wall <= identity->not_after + 1s) {
            timer.expires_after(20ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
    }());
}

} // namespace

TEST_CASE("an agent and a controller of one authority talk, over IPv4, IPv6 and by name")
{
    auto &certificates = Certificates::instance();
    Loop loop;
    const auto by_address = get(loop, certificates.controller(), certificates.agent());
    REQUIRE(by_address);
    CHECK(by_address->status == 200);
    CHECK(by_address->body == to_string(certificates.agent()->self.id));
    const auto by_name =
        get(loop, certificates.controller(), certificates.agent(), Role::controller, "localhost", "127.0.0.1:0");
    CHECK(by_name);
    if (!sonde::test::skipped_without_ipv6()) {
        const auto over_ipv6 =
            get(loop, certificates.controller(), certificates.agent(), Role::controller, "::1", "[::1]:0");
        CHECK(over_ipv6);
    }
    CHECK(loop.warnings().empty());
    CHECK(loop.text().find("info listening on=127.0.0.1:") == 0);
    CHECK(loop.text().find(" tls=yes") != std::string::npos);
}

TEST_CASE("a client of another role gets a 403 that says so, and the server one line")
{
    auto &certificates = Certificates::instance();
    Loop loop;
    const auto response = get(loop, certificates.controller(), certificates.get("op", Role::operator_));
    REQUIRE(response);
    CHECK(response->status == 403);
    CHECK(reason_of(*response) == "role operator, but this is for role agent");
    const auto lines = loop.warnings();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with("warning request refused status=403 method=GET path=/ role=operator id="));
    CHECK(lines[0].ends_with("reason=\"role operator, but this is for role agent\""));
}

TEST_CASE("a client that does not know the server's authority refuses it, and the server logs one line")
{
    auto &certificates = Certificates::instance();
    Loop loop;
    const auto outcome = get(loop, certificates.controller(), certificates.stranger());
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().where.starts_with("https://127.0.0.1:"));
    CHECK(outcome.error().what.ends_with("the other side's certificate is refused: not issued by our authority"));
    const auto lines = loop.warnings();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == "warning connection refused reason=\"the other side refused our certificate: not issued by its "
                      "authority\"");
}

TEST_CASE("a server's certificate of another role than expected is refused: an agent cannot pose as a controller")
{
    auto &certificates = Certificates::instance();
    const auto impostor = certificates.get("impostor", Role::agent, {"127.0.0.1"});
    Loop loop;
    const auto outcome = get(loop, impostor, certificates.agent());
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().what.find("role agent where controller is expected") != std::string::npos);
    CHECK(loop.warnings().size() == 1);

    // One that is allowed to serve, but something else.
    Loop second;
    const auto collector = certificates.get("collector", Role::collector, {"127.0.0.1"});
    const auto other = get(second, collector, certificates.agent());
    REQUIRE_FALSE(other);
    CHECK(other.error().what.ends_with(
        "the other side's certificate is refused: it is of role collector where controller is expected"));
    const auto lines = second.warnings();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] ==
          "warning connection refused reason=\"the other side refused our certificate: not of the role it expects\"");
}

TEST_CASE("a server's certificate for another host is refused")
{
    auto &certificates = Certificates::instance();
    const auto elsewhere = certificates.get("elsewhere", Role::controller, {"controller.example", "192.0.2.1"});
    for (const char *host : {"127.0.0.1", "localhost"}) {
        Loop loop;
        const auto outcome = get(loop, elsewhere, certificates.agent(), Role::controller, host);
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().what.find("it is for another host") != std::string::npos);
        const auto lines = loop.warnings();
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].ends_with("refused our certificate: for another host, or damaged\""));
    }
}

TEST_CASE("a certificate that has expired while its program ran is refused, on either side")
{
    auto &certificates = Certificates::instance();
    const auto client = expired_on_load(Role::agent);
    const auto server = expired_on_load(Role::controller);
    wait_past(client);
    wait_past(server);
    Loop loop;
    const auto by_server = get(loop, certificates.controller(), client);
    REQUIRE_FALSE(by_server);
    CHECK(by_server.error().what.ends_with("the other side refused our certificate: expired"));
    auto lines = loop.warnings();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == "warning connection refused reason=\"the other side's certificate is refused: expired\"");

    Loop second;
    const auto by_client = get(second, server, certificates.agent());
    REQUIRE_FALSE(by_client);
    CHECK(by_client.error().what.ends_with("the other side's certificate is refused: expired"));
    lines = second.warnings();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].ends_with("the other side refused our certificate: expired\""));
}

namespace {

// Lets an `openssl` of the system, a client that is not ours, send one request.
void openssl_client(Loop &loop, const std::string &options)
{
    auto &certificates = Certificates::instance();
    loop.run([&]() -> asio::awaitable<void> {
        Server https(loop.io.get_executor(), tls_options(certificates.controller(), only_agents()), loop.log);
        const auto address = https.listen("127.0.0.1:0");
        const auto command = "printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n' | timeout 10 "
                             "openssl s_client -ign_eof -connect " +
                             *address + " " + options + " >/dev/null 2>&1 &";
        REQUIRE(std::system(command.c_str()) == 0);
        co_await until(loop.io, [&] { return !loop.warnings().empty() && https.connections() == 0; });
        co_await https.stop(1s);
    }());
}

} // namespace

TEST_CASE("a client without a certificate, or with an older TLS, is refused with one line")
{
    if (std::system("openssl version >/dev/null 2>&1") != 0)
        return;
    Loop loop;
    openssl_client(loop, "-tls1_3");
    auto lines = loop.warnings();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == "warning connection refused reason=\"the other side showed no certificate\"");
    Loop older;
    openssl_client(older, "-tls1_2");
    lines = older.warnings();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == "warning connection refused reason=\"TLS 1.3 is needed\"");
}

TEST_CASE("a client of another authority that trusts ours is refused by the server with one line")
{
    if (std::system("openssl version >/dev/null 2>&1") != 0)
        return;
    auto &certificates = Certificates::instance();
    certificates.stranger();
    const auto of = (certificates.dir.path() / "stranger").string();
    Loop loop;
    openssl_client(loop, "-tls1_3 -cert " + of + "/cert.pem -key " + of + "/key.pem");
    const auto lines = loop.warnings();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] ==
          "warning connection refused reason=\"the other side's certificate is refused: not issued by our authority\"");
}

TEST_CASE("bytes that are not TLS are refused with one line, and a silent port check with none")
{
    auto &certificates = Certificates::instance();
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        Server https(loop.io.get_executor(), tls_options(certificates.controller(), echo()), loop.log);
        const auto address = https.listen("127.0.0.1:0");
        co_await talk(loop.io, *address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(loop.warnings().size() == 1);
        CHECK(loop.warnings().back() == "warning connection refused reason=\"plain HTTP where TLS is spoken\"");
        co_await talk(loop.io, *address, std::string(100, 'x'));
        CHECK(loop.warnings().size() == 2);
        auto silent = co_await connect_to(loop.io, *address);
        co_await until(loop.io, [&] { return https.connections() == 1; });
        silent.close();
        co_await until(loop.io, [&] { return https.connections() == 0; });
        CHECK(loop.warnings().size() == 2);
    }());
}

TEST_CASE("a handshake that is never finished ends at its deadline with one line")
{
    auto &certificates = Certificates::instance();
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        auto options = tls_options(certificates.controller(), echo());
        options.handshake_deadline = 50ms;
        Server https(loop.io.get_executor(), options, loop.log);
        const auto address = https.listen("127.0.0.1:0");
        auto half = co_await connect_to(loop.io, *address);
        co_await asio::async_write(half, asio::buffer("\x16\x03\x01\x02", 4), asio::use_awaitable);
        co_await read_text_until(half);
        CHECK(loop.warnings() ==
              std::vector<std::string>{"warning connection refused reason=\"the handshake took too long\""});
    }());
}

TEST_CASE("without client certificates anybody is served, and is nobody")
{
    auto &certificates = Certificates::instance();
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        auto options = tls_options(certificates.get("peer", Role::peer, {"127.0.0.1"}),
                                   [](Request request) -> asio::awaitable<Response> {
                                       Response response{.body = request.peer ? "somebody" : "nobody"};
                                       co_return response;
                                   });
        options.client_certificates = false;
        Server https(loop.io.get_executor(), options, loop.log);
        const auto address = https.listen("127.0.0.1:0");
        Client user(loop.io.get_executor(), {.server = {.host = "127.0.0.1", .port = port_of(*address)},
                                             .identity = certificates.agent(),
                                             .server_role = Role::peer});
        Request request;
        auto response = co_await user.request(std::move(request), kDeadline);
        REQUIRE(response);
        CHECK(response->body == "nobody");
    }());
}

TEST_CASE("a large request and a large answer cross TLS whole")
{
    auto &certificates = Certificates::instance();
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        Server https(loop.io.get_executor(),
                     tls_options(certificates.controller(),
                                 [](Request request) -> asio::awaitable<Response> {
                                     Response response{.body = std::move(request.body)};
                                     co_return response;
                                 }),
                     loop.log);
        const auto address = https.listen("127.0.0.1:0");
        Client user(loop.io.get_executor(),
                    {.server = {.host = "127.0.0.1", .port = port_of(*address)}, .identity = certificates.agent()});
        std::string body(10'000'000, '\0');
        for (std::size_t i = 0; i < body.size(); ++i)
            body[i] = static_cast<char>(i * 7 + i / 256);
        Request request{.method = "POST", .body = body};
        auto response = co_await user.request(std::move(request), kDeadline);
        REQUIRE(response);
        CHECK((response->body == body));
    }());
}
