#include "channel/descriptors.hpp"

#include "support/catch.hpp"

#include <spdlog/sinks/ostream_sink.h>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

using namespace sonde;
using namespace sonde::channel;

namespace {

// What a process with these limits makes of a thousand wanted connections: how many fit, and its log. A process of its
// own, since a hard limit that was lowered stays so.
std::pair<std::size_t, std::string> fitted(rlim_t soft, rlim_t hard)
{
    int pipes[2];
    REQUIRE(pipe(pipes) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit limit{soft, hard};
        std::ostringstream lines;
        Log log("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines));
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            _exit(1);
        const std::size_t fit = fit_connections(1000, log);
        rlimit after{};
        getrlimit(RLIMIT_NOFILE, &after);
        const std::string said =
            std::to_string(fit) + ' ' + (after.rlim_cur == hard ? "" : "not raised ") + lines.str();
        _exit(write(pipes[1], said.data(), said.size()) == static_cast<ssize_t>(said.size()) ? 0 : 2);
    }
    close(pipes[1]);
    std::string said(4096, ' ');
    const ssize_t size = read(pipes[0], said.data(), said.size());
    close(pipes[0]);
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(status == 0);
    said.resize(static_cast<std::size_t>(size));
    const auto blank = said.find(' ');
    return {std::stoul(said.substr(0, blank)), said.substr(blank + 1)};
}

} // namespace

TEST_CASE("the soft limit of descriptors is raised, and a server takes as many connections as it holds, with a word")
{
    CHECK(fitted(100, 1200) == std::pair<std::size_t, std::string>(1000, ""));
    const auto [fit, said] = fitted(64, 500);
    CHECK(fit == 500 - 128);
    CHECK(said.find("connections limited to=372 wanted=1000 open_descriptors=500") != std::string::npos);
    CHECK(fitted(20, 64).first == 1);
}
