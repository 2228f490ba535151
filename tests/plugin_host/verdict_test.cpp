#include "plugin_host/verdict.hpp"

#include "plugin_host/status.hpp"
#include "support/catch.hpp"

#include <csignal>

using namespace sonde;
using namespace sonde::plugin_host;

namespace {

const frames::MethodDescription kMethod = [] {
    frames::MethodDescription method;
    method.id = "walk";
    return method;
}();

Evidence ended_by(int signal)
{
    Evidence evidence;
    evidence.wait_status = signal;
    return evidence;
}

} // namespace

TEST_CASE("a signal that nobody here sent is the run's own status")
{
    const Verdict verdict = judge(ended_by(SIGKILL), &kMethod);
    CHECK(verdict.status == -SIGKILL);
    CHECK(verdict.message ==
          "walk was killed by SIGKILL (Killed) by another, as a rule the kernel because it took too much memory");
}

TEST_CASE("a signal of the host's is never told as the plugin's")
{
    SECTION("for a process that began when it had been given up")
    {
        Evidence evidence = ended_by(SIGKILL);
        evidence.signalled = SIGKILL;
        evidence.given_up = true;
        const Verdict verdict = judge(evidence, &kMethod);
        CHECK(verdict.status == kStatusNotStarted);
        CHECK(verdict.message == "walk began only when it had been given up, and was killed for that");
    }
    SECTION("for one that went on without its socket")
    {
        for (const int signal : {SIGTERM, SIGKILL}) {
            Evidence evidence = ended_by(signal);
            evidence.signalled = signal;
            const Verdict verdict = judge(evidence, &kMethod);
            CHECK(verdict.status == kStatusNoResult);
            CHECK(verdict.message == "walk closed its socket without a result, and was killed for going on");
        }
    }
    SECTION("but a crash on the way is the plugin's own")
    {
        Evidence evidence = ended_by(SIGSEGV);
        evidence.signalled = SIGTERM;
        CHECK(judge(evidence, &kMethod).status == -SIGSEGV);
    }
}

TEST_CASE("a result that came before the host's signal stands")
{
    Evidence evidence = ended_by(SIGKILL);
    evidence.signalled = SIGKILL;
    evidence.given_up = true;
    evidence.done = frames::Done{0};
    CHECK(judge(evidence, &kMethod).status == 0);
}
