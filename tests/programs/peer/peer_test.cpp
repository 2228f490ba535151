#include "channel/authority.hpp"
#include "channel/client.hpp"

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/skip.hpp"
#include "support/temp_dir.hpp"

#include <boost/asio/this_coro.hpp>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

using namespace sonde;
using namespace sonde::channel;
using namespace std::chrono_literals;
using sonde::test::skipped_without_ipv6;
using sonde::test::TempDir;

namespace {

// The real program, with its stderr read here.
class Program {
public:
    explicit Program(std::vector<std::string> words)
    {
        int out[2];
        REQUIRE(pipe2(out, O_CLOEXEC) == 0);
        output_ = out[0];
        words.insert(words.begin(), PEER_PROGRAM);
        std::vector<char *> argv;
        for (auto &word : words)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        posix_spawn_file_actions_adddup2(&actions, out[1], 2);
        REQUIRE(posix_spawn(&pid_, PEER_PROGRAM, &actions, nullptr, argv.data(), environ) == 0);
        posix_spawn_file_actions_destroy(&actions);
        close(out[1]);
    }
    Program(const Program &) = delete;
    Program &operator=(const Program &) = delete;
    ~Program()
    {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
        close(output_);
    }

    // Reads until the words have appeared so many times, or ten seconds are over.
    bool says(const std::string &words, int times = 1)
    {
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (find(words, times) == std::string::npos && std::chrono::steady_clock::now() < end) {
            pollfd wait{output_, POLLIN, 0};
            if (poll(&wait, 1, 100) <= 0)
                continue;
            char buffer[4096];
            const auto bytes = read(output_, buffer, sizeof buffer);
            if (bytes <= 0)
                break;
            text_.append(buffer, static_cast<std::size_t>(bytes));
        }
        return find(words, times) != std::string::npos;
    }

    // The URL of its n-th socket without TLS, or with.
    Url url(bool tls, int n = 1)
    {
        const std::string ending = tls ? " tls=yes\n" : " tls=no\n";
        REQUIRE(says(ending, n));
        const auto end = find(ending, n);
        const auto begin = text_.rfind("listening on=", end) + 13;
        return *parse_url((tls ? "https://" : "http://") + text_.substr(begin, end - begin));
    }

    int end(int signal)
    {
        if (signal != 0)
            kill(pid_, signal);
        int status = 0;
        REQUIRE(waitpid(pid_, &status, 0) == pid_);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }

    // The most memory it ever had, in KiB.
    long peak_memory() const
    {
        std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
        for (std::string word; status >> word;)
            if (long value = 0; word == "VmHWM:" && status >> value)
                return value;
        return -1;
    }

private:
    // Where the words stand for the n-th time.
    std::size_t find(const std::string &words, int n) const
    {
        auto at = text_.find(words);
        while (--n > 0 && at != std::string::npos)
            at = text_.find(words, at + 1);
        return at;
    }

    pid_t pid_ = -1;
    int output_ = -1;
    std::string text_;
};

Result<Response> fetch(ClientOptions options, std::string path, std::uint64_t *received = nullptr,
                       std::string method = "GET")
{
    const auto story = [&]() -> asio::awaitable<Result<Response>> {
        const auto executor = co_await asio::this_coro::executor;
        Client client(executor, options);
        Request request{.method = method, .path = path};
        BodySink count = [&](std::string_view piece) -> Result<void> {
            if (received != nullptr)
                *received += piece.size();
            return {};
        };
        auto response = co_await client.stream(std::move(request), 20s, count);
        co_return response;
    };
    return test::await(story());
}

} // namespace

TEST_CASE("the peer gives a body of gigabytes in a few megabytes of memory")
{
    Program peer({"--listen", "127.0.0.1:0"});
    std::uint64_t received = 0;
    const auto response = fetch({.server = peer.url(false)}, "/bytes/2GB", &received);
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->headers.get("Content-Length") == "2000000000");
    CHECK(response->headers.get("Cache-Control") == "no-store");
    CHECK(received == 2'000'000'000);
    CHECK(peer.peak_memory() < 64 * 1024);
    CHECK(peer.end(SIGTERM) == 0);
}

TEST_CASE("the peer serves HTTP and HTTPS, IPv4 and IPv6 at once, and asks no certificate of its clients")
{
    TempDir dir;
    REQUIRE(create_authority(dir / "ca"));
    REQUIRE(issue_identity(dir / "ca", dir / "peer", {.role = Role::peer, .hosts = {"127.0.0.1"}}));
    REQUIRE(issue_identity(dir / "ca", dir / "agent", {.role = Role::agent}));
    Program peer({"--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0", "--identity", dir / "peer"});
    std::uint64_t received = 0;
    CHECK(fetch({.server = peer.url(false)}, "/bytes/12345", &received));
    CHECK(received == 12345);
    received = 0;
    const auto agent = load_identity(dir / "agent");
    REQUIRE(agent);
    const auto secure =
        fetch({.server = peer.url(true), .identity = *agent, .server_role = Role::peer}, "/bytes/20MB", &received);
    REQUIRE(secure);
    CHECK(received == 20'000'000);
    CHECK(peer.end(SIGINT) == 0);

    if (skipped_without_ipv6())
        return;
    Program six({"--listen", "[::1]:0", "--listen", "127.0.0.1:0"});
    received = 0;
    CHECK(fetch({.server = six.url(false, 1)}, "/time/100ms", &received));
    CHECK(received > 1'000'000);
    CHECK(fetch({.server = six.url(false, 2)}, "/", &received));
}

TEST_CASE("the peer's limits are refusals, and a HEAD moves no body")
{
    Program peer({"--listen", "127.0.0.1:0", "--max-bytes", "1MB", "--max-time", "2s"});
    const auto url = peer.url(false);
    CHECK(fetch({.server = url}, "/bytes/1MB")->status == 200);
    CHECK(fetch({.server = url}, "/bytes/1000001")->status == 400);
    CHECK(fetch({.server = url}, "/time/3s")->status == 400);
    CHECK(fetch({.server = url}, "/nothing")->status == 404);
    const auto head = fetch({.server = url}, "/bytes/1MB", nullptr, "HEAD");
    REQUIRE(head);
    CHECK(head->headers.get("Content-Length") == "1000000");
}

TEST_CASE("the peer takes what is uploaded in a few megabytes of memory, up to its limit")
{
    Program peer({"--listen", "127.0.0.1:0", "--max-bytes", "100MB"});
    const auto url = peer.url(false);
    const auto upload = [&](std::size_t bytes) {
        const auto story = [&]() -> asio::awaitable<Result<Response>> {
            const auto executor = co_await asio::this_coro::executor;
            Client client(executor, {.server = url});
            Request request{.method = "POST", .path = "/upload"};
            request.body.assign(bytes, 'x');
            auto response = co_await client.request(std::move(request), 20s);
            co_return response;
        };
        return test::await(story());
    };
    const auto taken = upload(90'000'000);
    REQUIRE(taken);
    CHECK(taken->status == 200);
    CHECK(taken->headers.get("Sonde-Received-Bytes") == "90000000");
    CHECK(upload(0)->headers.get("Sonde-Received-Bytes") == "0");
    CHECK(peer.peak_memory() < 64 * 1024);
    const auto refused = upload(100'000'001);
    REQUIRE(refused);
    CHECK(refused->status == 413);
}

TEST_CASE("a stop cuts what does not end within a second")
{
    Program peer({"--listen", "127.0.0.1:0"});
    const auto url = peer.url(false);
    bool stopped = false;
    const auto story = [&]() -> asio::awaitable<Result<Response>> {
        const auto executor = co_await asio::this_coro::executor;
        Client client(executor, {.server = url});
        Request request{.path = "/time/30s"};
        BodySink stop = [&](std::string_view) -> Result<void> {
            if (!std::exchange(stopped, true))
                peer.end(SIGTERM);
            return {};
        };
        auto response = co_await client.stream(std::move(request), 20s, stop);
        co_return response;
    };
    const auto response = test::await(story());
    REQUIRE_FALSE(response);
    CHECK(response.error().what.find("cut") != std::string::npos);
}

TEST_CASE("a wrong command line ends with 2 and a word, help and version with 0")
{
    const auto ends = [](std::vector<std::string> words, const std::string &word) {
        Program peer(std::move(words));
        CHECK(peer.says(word));
        return peer.end(0);
    };
    CHECK(ends({}, "nowhere to listen") == 2);
    CHECK(ends({"--nonsense"}, "--nonsense") == 2);
    CHECK(ends({"--listen", "localhost:80"}, "not an address to listen on") == 2);
    CHECK(ends({"--listen", "127.0.0.1:0", "--max-bytes", "lots"}, "--max-bytes: lots: not understood") == 2);
    CHECK(ends({"--listen", "127.0.0.1:0", "--log", "loud"}, "no log level 'loud'") == 2);
    CHECK(ends({"--listen-tls", "127.0.0.1:0"}, "needs --identity DIR") == 2);
    CHECK(ends({"--listen-tls", "127.0.0.1:0", "--identity", "/nonexistent"}, "/nonexistent/ca.pem") == 2);
    CHECK(ends({"--help"}, "Examples:") == 0);
    CHECK(ends({"--version"}, "sonde-peer ") == 0);
}

TEST_CASE("options may stand in a file")
{
    TempDir dir;
    std::ofstream(dir / "peer.conf") << "listen=127.0.0.1:0\nmax-bytes=10\n";
    Program peer({"--config", dir / "peer.conf"});
    CHECK(fetch({.server = peer.url(false)}, "/bytes/11")->status == 400);
    CHECK(peer.end(SIGTERM) == 0);
}

TEST_CASE("connections over the limit are told to come again")
{
    Program peer({"--listen", "127.0.0.1:0", "--max-connections", "1"});
    const auto url = peer.url(false);
    const auto story = [&]() -> asio::awaitable<Result<Response>> {
        const auto executor = co_await asio::this_coro::executor;
        Client first(executor, {.server = url});
        Request hello{.path = "/"};
        auto served = co_await first.request(std::move(hello), 10s);
        CHECK(served->status == 200);
        Client second(executor, {.server = url});
        Request again{.path = "/"};
        auto response = co_await second.request(std::move(again), 10s);
        co_return response;
    };
    const auto response = test::await(story());
    REQUIRE(response);
    CHECK(response->status == 503);
    CHECK(response->headers.get("Retry-After"));
}
