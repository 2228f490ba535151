#include "bench.hpp"

#include "programs/agent/owner.hpp"
#include "programs/agent/owner_socket.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using namespace sonde;
using namespace sonde::agent;
using namespace sonde::agent::test;

namespace {

using Socket = asio::local::stream_protocol::socket;

// Who this process is for whoever asks the kernel, until it ends.
struct OtherUser {
    OtherUser(uid_t user, gid_t group)
    {
        REQUIRE(::setegid(group) == 0);
        REQUIRE(::seteuid(user) == 0);
    }
    ~OtherUser()
    {
        (void)!::seteuid(0);
        (void)!::setegid(0);
    }
    OtherUser(const OtherUser &) = delete;
    OtherUser &operator=(const OtherUser &) = delete;
};

// A socket that says a request back.
struct Desk {
    Loop loop;
    sonde::test::TempDir dir;
    std::shared_ptr<Log> log{std::shared_ptr<void>(), &loop.log};
    std::filesystem::path path = dir / "agent.sock";
    OwnerSocket socket;

    explicit Desk(std::optional<gid_t> group = std::nullopt)
        : socket(OwnerSocket::listen(loop.io.get_executor(), path, group, log).value())
    {
        asio::co_spawn(
            loop.io,
            socket.serve(
                [](std::string_view request) -> asio::awaitable<std::string> {
                    co_return "<" + std::string(request) + ">";
                },
                [this](asio::awaitable<void> peer) { asio::co_spawn(loop.io, std::move(peer), asio::detached); }),
            asio::detached);
    }

    // A line's answer; nothing if the connection ends before.
    std::string ask(const std::string &request)
    {
        std::string said;
        loop.run([&]() -> asio::awaitable<void> {
            Socket peer(loop.io);
            const asio::local::stream_protocol::endpoint place(path.string());
            co_await peer.async_connect(place, asio::use_awaitable);
            boost::system::error_code error;
            co_await asio::async_write(peer, asio::buffer(request), asio::redirect_error(asio::use_awaitable, error));
            co_await asio::async_read_until(peer, asio::dynamic_buffer(said), '\n',
                                            asio::redirect_error(asio::use_awaitable, error));
        }());
        return said;
    }
};

std::string said_by(Loop &loop, asio::awaitable<std::string> answer)
{
    std::string said;
    loop.run([](asio::awaitable<std::string> one, std::string &into) -> asio::awaitable<void> {
        std::string text = co_await std::move(one);
        into = std::move(text);
    }(std::move(answer), said));
    return said;
}

} // namespace

TEST_CASE("the owner's socket answers line by line, one that is too long not at all, and the next one all the same")
{
    Desk desk;
    CHECK(desk.ask("one\n") == "<one>\n");
    CHECK(desk.ask(std::string(OwnerSocket::kRequestBytesMax + 1, 'x')).empty());
    CHECK(desk.ask("two\n") == "<two>\n");
    struct stat status {};
    REQUIRE(::stat(desk.path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("members of the group who say nothing take no place but their own, and one too many is told so")
{
    if (::geteuid() != 0) {
        WARN("skipped: only root has other users");
        return;
    }
    constexpr gid_t kGroup = 59'999;
    Desk desk(kGroup);
    ::chmod(desk.dir.path().c_str(), 0711);
    std::vector<Socket> members;
    {
        const OtherUser member(59'999, kGroup);
        for (std::size_t i = 0; i <= OwnerSocket::kMembersMax; ++i) {
            members.emplace_back(desk.loop.io);
            members.back().connect(asio::local::stream_protocol::endpoint(desk.path.string()));
        }
    }
    std::string said;
    desk.loop.run([&]() -> asio::awaitable<void> {
        boost::system::error_code error;
        co_await asio::async_read_until(members.back(), asio::dynamic_buffer(said), '\n',
                                        asio::redirect_error(asio::use_awaitable, error));
    }());
    CHECK(said.find("others of the group hold all its connections") != std::string::npos);
    CHECK(desk.ask("one\n") == "<one>\n");
    // What a member gives up is another's.
    members.erase(members.begin());
    const auto ask_as_member = [&] {
        const OtherUser member(59'999, kGroup);
        Socket peer(desk.loop.io);
        peer.connect(asio::local::stream_protocol::endpoint(desk.path.string()));
        return peer;
    };
    for (std::string answer; answer != "<two>\n";) {
        Socket peer = ask_as_member();
        answer.clear();
        desk.loop.run([&]() -> asio::awaitable<void> {
            boost::system::error_code error;
            co_await asio::async_write(peer, asio::buffer("two\n", 4),
                                       asio::redirect_error(asio::use_awaitable, error));
            co_await asio::async_read_until(peer, asio::dynamic_buffer(answer), '\n',
                                            asio::redirect_error(asio::use_awaitable, error));
        }());
        CHECK((answer == "<two>\n" || answer.find("others of the group") != std::string::npos));
    }
}

TEST_CASE("an agent takes the socket of one that was killed, and not that of one that lives")
{
    Desk desk;
    const auto second = OwnerSocket::listen(desk.loop.io.get_executor(), desk.path, std::nullopt, desk.log);
    REQUIRE_FALSE(second);
    CHECK(second.error().what == "another agent answers there");
    const std::filesystem::path left = desk.dir / "left.sock";
    {
        asio::local::stream_protocol::acceptor killed(desk.loop.io,
                                                      asio::local::stream_protocol::endpoint(left.string()));
    }
    REQUIRE(std::filesystem::exists(left));
    {
        const auto taken = OwnerSocket::listen(desk.loop.io.get_executor(), left, std::nullopt, desk.log);
        CHECK(taken);
    }
    CHECK_FALSE(std::filesystem::exists(left));
    const auto nowhere =
        OwnerSocket::listen(desk.loop.io.get_executor(), desk.dir / "none" / "agent.sock", std::nullopt, desk.log);
    CHECK_FALSE(nowhere);
    const auto endless =
        OwnerSocket::listen(desk.loop.io.get_executor(), desk.dir / std::string(200, 'x'), std::nullopt, desk.log);
    REQUIRE_FALSE(endless);
    CHECK(endless.error().what == "is too long for a socket's path");
}

TEST_CASE("what is asked wrongly is told what would be right")
{
    Loop loop;
    std::shared_ptr<Log> log{std::shared_ptr<void>(), &loop.log};
    sonde::test::TempDir dir;
    spool::Spool spool = sonde::test::open_spool(dir / "spool.db");
    plugin_host::Host host = plugin_host::Host::connect(loop.io.get_executor(), "/nonexistent", log);
    plugin_host::Catalogue catalogue(host, {}, log);
    Budget budget(loop.io.get_executor(), spool, log);
    PolicyFile policy(dir / "none.json", log);
    schedule::Engine engine({}, [] { return std::uint64_t{1}; });
    const plugin_host::MethodFindings findings;
    OwnerView view{{},
                   schedule::Zone(),
                   engine,
                   spool,
                   budget,
                   policy,
                   [] { return Source{.name = "file"}; },
                   findings,
                   [](const Uuid &) { return std::nullopt; }};
    Owner owner(
        catalogue, view, [] {}, log);
    const auto answered = [&](std::string_view request) { return said_by(loop, owner.answer(request)); };
    CHECK(answered(R"({"ask": "plugins"})") == R"({"plugins":[]})");
    for (const char *request : {"", "[]", "{", "\xff", R"({"ask": 1})", R"({"ask": "nothing"})",
                                R"({"ask": "release"})", R"({"ask": "release", "plugin": "none"})"}) {
        INFO(request);
        CHECK(answered(request).starts_with(R"({"error":{"where":)"));
    }
    const std::string deep(4000, '[');
    CHECK(answered(deep).starts_with(R"({"error":{"where":)"));
}

TEST_CASE("an agent that has nothing yet says so, and that its policy refuses everything")
{
    Loop loop;
    std::shared_ptr<Log> log{std::shared_ptr<void>(), &loop.log};
    sonde::test::TempDir dir;
    spool::Spool spool = sonde::test::open_spool(dir / "spool.db");
    Budget budget(loop.io.get_executor(), spool, log);
    PolicyFile policy(dir / "none.json", log);
    schedule::Engine engine({}, [] { return std::uint64_t{1}; });
    const plugin_host::MethodFindings findings;
    OwnerView view{{},
                   schedule::Zone(),
                   engine,
                   spool,
                   budget,
                   policy,
                   [] { return Source{.name = "file"}; },
                   findings,
                   [](const Uuid &) { return std::nullopt; }};
    const std::string said = said_by(loop, status_answer(view));
    for (const char *part : {R"("source":{"name":"file","controller":false})", R"("instruction":null)",
                             R"("allowed_bytes":0,"refused":")", R"("running":[],"next":[])", R"("waiting":[])"}) {
        INFO(part);
        CHECK(said.find(part) != std::string::npos);
    }
    const std::string why = (dir / "none.json").string() + ": the policy cannot be read: No such file or directory";
    CHECK(said.find(R"("refused":")" + why) != std::string::npos);
}
