#include "runner_process.hpp"

#include "support/skip.hpp"

#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace sonde;
using namespace sonde::test;

namespace {

frames::Invoke everything()
{
    frames::Invoke invoke;
    invoke.invocation = 1;
    invoke.values = {text("127.0.0.1"), {true, {{80, 0, "80"}, {443, 0, "443"}}}, {false, {{1, 0, "fancy"}}}, {}};
    invoke.deadline = now().monotonic + std::chrono::hours(1);
    invoke.family = 4;
    invoke.interface = "lo";
    invoke.interface_index = 1;
    invoke.source = {4, {127, 0, 0, 1}, 0};
    invoke.parameters = {{"contract", "100 Mb/s"}};
    return invoke;
}

Told told_of(RunnerProcess &runner, const frames::AgentToRunner &start)
{
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    Run run(runner, start);
    runner.control.expect<frames::Started>();
    Told told = listen(run, description.methods[0]);
    CHECK(runner.control.expect<frames::Exited>().wait_status == 0);
    return told;
}

} // namespace

TEST_CASE("a method sees the values, the line and the parameters that it was invoked with")
{
    RunnerProcess runner(fixture("echo"));
    const Told told = told_of(runner, everything());
    REQUIRE(told.done == 0);
    const std::vector<std::vector<std::string>> values(told.rows.begin() + 9, told.rows.begin() + 20);
    CHECK(values == std::vector<std::vector<std::string>>{{"count", "1"},
                                                          {"integer", "0"},
                                                          {"target", "127.0.0.1"},
                                                          {"count", "2"},
                                                          {"integer", "0"},
                                                          {"ports", ""},
                                                          {"item", "80"},
                                                          {"item", "443"},
                                                          {"count", "1"},
                                                          {"integer", "1"},
                                                          {"mode", "fancy"}});
    CHECK(told.value("ratio-x10") == "0");
    CHECK(told.value("family") == "4");
    CHECK(told.value("interface") == "lo");
    CHECK(told.value("source-family") == "4");
    CHECK(told.value("deadline-set") == "1");
    CHECK(told.value("inputs") == "0");
    CHECK(told.value("contract") == "100 Mb/s");
}

TEST_CASE("what was not given is NULL, none or without end")
{
    RunnerProcess runner(fixture("echo"));
    frames::Invoke invoke = everything();
    invoke.deadline.reset();
    invoke.interface.clear();
    invoke.source = {};
    invoke.parameters.clear();
    invoke.values[1].items.clear();
    const Told told = told_of(runner, invoke);
    CHECK(told.value("interface") == "-");
    CHECK(told.value("source-family") == "-1");
    CHECK(told.value("deadline-set") == "0");
    CHECK(told.value("item") == "(missing)");
}

TEST_CASE("a method runs in the process that the ABI promises")
{
    RunnerProcess runner(fixture("echo"));
    const Told told = told_of(runner, everything());
    // Its socket, the cancel descriptor, and what makes of that and the deadline one.
    CHECK(told.value("descriptors") == "4");
    CHECK(told.value("stdin") == "0");
    CHECK(told.value("umask") == "18");
    CHECK(told.value("sigpipe-ignored") == "1");
    CHECK(told.value("sigchld-blocked") == "0");
    CHECK(told.value("group-leader") == "1");
    CHECK(told.value("locale") == "C");
    CHECK(told.value("random") == "1");
    CHECK(told.value("extension") == "0");
}

TEST_CASE("names are resolved within the invocation's family")
{
    RunnerProcess runner(fixture("echo"));
    frames::Invoke invoke = everything();
    CHECK(told_of(runner, invoke).value("resolved-family") == "4");
    invoke.values[0] = text("localhost");
    CHECK(told_of(runner, invoke).value("resolved-family") == "4");
    CHECK(told_of(runner, invoke).value("unresolved") == "1");
    invoke.family = 6;
    invoke.values[0] = text("::1");
    CHECK(told_of(runner, invoke).value("resolved-family") == "6");
    invoke.values[0] = text("127.0.0.1");
    CHECK(told_of(runner, invoke).value("resolved-family") == "(missing)");
}

TEST_CASE("a probe's answer arrives like a run's, and a method without one can always run")
{
    RunnerProcess echo(fixture("echo"));
    const Told told = told_of(echo, frames::Probe{1, 0});
    CHECK(told.failures == std::vector<frames::Fail>{{8, "not on this machine"}});
    CHECK(told.done == 8);
    RunnerProcess rows(fixture("rows"));
    CHECK(told_of(rows, frames::Probe{1, 0}).done == 0);
    RunnerProcess strange(fixture("probe_rows"));
    CHECK(told_of(strange, frames::Probe{1, 0}).failures ==
          std::vector<frames::Fail>{{frames::kStatusBrokeRules, "called row in probe, which only says by its status "
                                                                "whether a run would work"}});
}

TEST_CASE("an invocation that cannot be is refused with its reason")
{
    const auto refusal = [](const std::string &name, const frames::AgentToRunner &start) {
        RunnerProcess runner(fixture(name));
        Run run(runner, start);
        return runner.control.expect<frames::InvokeFailed>();
    };
    using frames::Invoke;
    using frames::InvokeFailed;
    CHECK(refusal("rows", Invoke{5, 1, {}, {}, 0, "", 0, {}, {}}) == InvokeFailed{5, "no method 1"});
    CHECK(refusal("rows", Invoke{5, 0, {}, {}, 0, "", 0, {}, {}}) == InvokeFailed{5, "0 values for 2 options"});
    CHECK(refusal("abi2", Invoke{5, 0, {}, {}, 0, "", 0, {}, {}}) ==
          InvokeFailed{5, "built for ABI 2, this host speaks 1.0"});
    RunnerProcess runner(fixture("rows"));
    runner.control.send(Invoke{6, 0, {integer(1), integer(0)}, {}, 0, "", 0, {}, {}});
    CHECK(runner.control.expect<InvokeFailed>() == InvokeFailed{6, "0 descriptors, not 2"});
}

TEST_CASE("a method gets the sockets that the agent has for it, or the agent's errno")
{
    RunnerProcess runner(fixture("sockets"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    Run run(runner, frames::Invoke{1, 0, {integer(SONDE_SOCKET_UDP), integer(2)}, {}, 0, "", 0, {}, {}});
    const auto request = run.wire.expect<frames::SocketRequest>();
    CHECK(request.kind == frames::SocketKind::udp);
    CHECK(request.family == 4);
    CHECK(request.count == 2);
    const frames::Descriptor first(::socket(AF_INET, SOCK_DGRAM, 0));
    const frames::Descriptor second(::socket(AF_INET, SOCK_DGRAM, 0));
    // An answer to another request is thrown away, with what it brings.
    run.wire.send(frames::SocketReply{request.request + 1, 0}, {first.get()});
    run.wire.send(frames::SocketReply{request.request, 0}, {first.get(), second.get()});
    const Told told = listen(run, description.methods[0]);
    CHECK(told.rows.size() == 2);
    CHECK(told.done == 0);

    Run refused(runner, frames::Invoke{2, 0, {integer(SONDE_SOCKET_ICMP), integer(1)}, {}, 0, "", 0, {}, {}});
    const auto icmp = refused.wire.expect<frames::SocketRequest>();
    refused.wire.send(frames::SocketReply{icmp.request, EPERM});
    CHECK(listen(refused, description.methods[0]).failures ==
          std::vector<frames::Fail>{{7, "Operation not permitted"}});
}

TEST_CASE("a port to listen on is asked for by its number, one of a kind that can")
{
    RunnerProcess runner(fixture("listen"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    Run run(runner, frames::Invoke{1, 0, {integer(1), integer(8888)}, {}, 0, "", 0, {}, {}});
    const auto request = run.wire.expect<frames::SocketRequest>();
    CHECK(request == frames::SocketRequest{request.request, frames::SocketKind::udp, 4, 1, 8888});
    run.wire.send(frames::SocketReply{request.request, EADDRINUSE});
    CHECK(listen(run, description.methods[0]).failures == std::vector<frames::Fail>{{7, "Address already in use"}});
    runner.control.expect<frames::Started>();
    runner.control.expect<frames::Exited>();
    const Finished beyond = finish(runner, {integer(0), integer(65536)});
    CHECK(beyond.told.failures == std::vector<frames::Fail>{{7, "Invalid argument"}});
}

TEST_CASE("a run that captures sends no frame, also where no launcher holds its runner")
{
    const frames::Descriptor capture(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
#ifdef SONDE_SANITIZED
    say_skipped("a sanitizer's runtime itself does what a filter would refuse");
#else
    if (!capture) {
        say_skipped("no packet socket may be made here");
        return;
    }
    RunnerProcess runner(fixture("capturing"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    Run run(runner, frames::Invoke{1, 0, {}, {}, 0, "", 0, {}, {}});
    const auto request = run.wire.expect<frames::SocketRequest>();
    run.wire.send(frames::SocketReply{request.request, 0}, {capture.get()});
    CHECK(listen(run, description.methods[0]).failures == std::vector<frames::Fail>{{7, "all refused"}});
#endif
}

TEST_CASE("input that is announced as one thing and sent as another ends the process without a run")
{
    RunnerProcess runner(fixture("input"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    frames::Invoke invoke{1, 0, {}, {}, 0, "", 0, {}, {}};
    invoke.takes_input = true;
    for (const frames::AgentToRun &wrong :
         {frames::AgentToRun(frames::Rows{0, 0, {}}), frames::AgentToRun(frames::SocketReply{1, 0}),
          frames::AgentToRun(frames::MoreItems{0, {}})}) {
        Run run(runner, invoke);
        run.wire.send(wrong);
        CHECK_FALSE(listen(run, description.methods[0]).done);
        runner.control.expect<frames::Started>();
        CHECK(runner.control.expect<frames::Exited>().wait_status == 0);
    }
}

TEST_CASE("a request for sockets that cannot be does not leave the process")
{
    RunnerProcess runner(fixture("sockets"));
    for (const auto &[kind, count] : {std::pair{0, 1}, {5, 1}, {1, 0}, {1, 65}}) {
        const Finished finished = finish(runner, {integer(kind), integer(count)});
        CHECK(finished.told.failures == std::vector<frames::Fail>{{7, "EINVAL"}});
    }
}

TEST_CASE("waiting for sockets ends when the run is cancelled or the agent is gone")
{
    RunnerProcess runner(fixture("sockets"));
    runner.control.send(frames::Describe{});
    const auto description = runner.control.expect<frames::Description>();
    const frames::Invoke invoke{1, 0, {integer(SONDE_SOCKET_UDP), integer(1)}, {}, 0, "", 0, {}, {}};
    Run cancelled(runner, invoke);
    cancelled.wire.expect<frames::SocketRequest>();
    cancelled.ask_to_stop();
    CHECK(listen(cancelled, description.methods[0]).failures == std::vector<frames::Fail>{{7, "Operation canceled"}});
    runner.control.expect<frames::Started>();
    runner.control.expect<frames::Exited>();
    Run left(runner, invoke);
    left.wire.expect<frames::SocketRequest>();
    left.wire.close();
    runner.control.expect<frames::Started>();
    CHECK(runner.control.expect<frames::Exited>().wait_status == 0);
}
