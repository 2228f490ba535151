#include "programs/agent/policy_file.hpp"

#include "frames/socket.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <chrono>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <thread>

#include <sys/inotify.h>
#include <unistd.h>

using namespace sonde;
using namespace sonde::agent;

namespace {

// How often a file was opened since this was last asked. What is the same as the event before is told once, so the
// closings are watched as well.
struct Openings {
    explicit Openings(const std::filesystem::path &file)
    {
        REQUIRE(::inotify_add_watch(watch.get(), file.c_str(), IN_OPEN | IN_CLOSE) >= 0);
    }

    std::size_t count()
    {
        alignas(inotify_event) char events[8192];
        const ssize_t size = ::read(watch.get(), events, sizeof events);
        std::size_t opened = 0;
        for (ssize_t at = 0; at < size; at += static_cast<ssize_t>(sizeof(inotify_event))) {
            inotify_event event;
            std::memcpy(&event, events + at, sizeof event);
            opened += (event.mask & IN_OPEN) != 0;
        }
        return opened;
    }

    frames::Descriptor watch{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
};

} // namespace

TEST_CASE(
    "what a method is granted, how it is isolated and whether it is loaded are each read at most once from the policy")
{
    const sonde::test::TempDir dir;
    const std::filesystem::path file = dir / "policy.json";
    std::ofstream(file)
        << R"({"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": []},)"
        << R"( "plugins": {"allow": ["ping"], "privileges": {"icmp": ["ping"], "capture": [], "listen": ["ping"]}}})";
    PolicyFile policy(file, make_log("test", "error").value());
    frames::MethodDescription ping;
    ping.id = "ping";
    ping.privileges = SONDE_PRIVILEGE_ICMP | SONDE_PRIVILEGE_CAPTURE | SONDE_PRIVILEGE_LISTEN;
    Openings openings(file);
    CHECK(policy.granted(ping) == (SONDE_PRIVILEGE_ICMP | SONDE_PRIVILEGE_LISTEN));
    CHECK(openings.count() <= 1);
    CHECK_FALSE(policy.strict_isolation());
    CHECK(openings.count() <= 1);
    CHECK(policy.admit("/a.so", "00"));
    CHECK(openings.count() <= 1);
    // Nothing to be granted needs no policy.
    ping.privileges = 0;
    CHECK(policy.granted(ping) == 0);
    CHECK(openings.count() == 0);
}

TEST_CASE("a policy that has been there for long is not read again until it changes, in whatever way [G2]")
{
    const sonde::test::TempDir dir;
    const std::filesystem::path file = dir / "policy.json";
    const auto write = [&](int concurrency) {
        std::ofstream(file) << R"({"bytes-per-day": 1, "concurrency": )" << concurrency
                            << R"(, "targets": {"allow": []}})";
    };
    write(1);
    PolicyFile policy(file, make_log("test", "error").value());
    std::this_thread::sleep_for(std::chrono::milliseconds(3100)); // longer than the coarsest file system's clock
    CHECK(policy.current().concurrency() == 1);
    Openings openings(file);
    CHECK(policy.current().concurrency() == 1);
    CHECK(openings.count() == 0);
    // Of the same size, and with its time of modification set back.
    const auto modified = std::filesystem::last_write_time(file);
    write(2);
    std::filesystem::last_write_time(file, modified);
    CHECK(policy.current().concurrency() == 2);
    std::filesystem::remove(file);
    CHECK(policy.current().denies_all());
}
