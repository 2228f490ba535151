#include "hosting/run.hpp"

#include "hosting/cancel.hpp"
#include "hosting/child.hpp"
#include "hosting/invocation.hpp"
#include "hosting/run_host.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace sonde::hosting {

namespace {

constexpr int kAgent = 3;
constexpr int kCancel = 4;

void enter(pid_t parent, int agent, int cancel)
{
    const int kept[] = {agent, cancel};
    become_child(parent, kept);
    // The agent decides by closing or reading when a full socket lets go; nothing here polls for it.
    ::fcntl(kAgent, F_SETFL, ::fcntl(kAgent, F_GETFL) & ~O_NONBLOCK);
}

} // namespace

void run_in_child(pid_t parent, int agent, int cancel, const sonde_method &method,
                  const frames::MethodDescription &description, const frames::Invoke &invoke)
{
    enter(parent, agent, cancel);
    const Cancel signal(kCancel, invoke.deadline);
    const Invocation invocation(invoke);
    RunHost host(kAgent, signal, description, invoke.family, false);
    host.finish(method.run(&host, &invocation.get()));
    ::_exit(0);
}

void probe_in_child(pid_t parent, int agent, int cancel, const sonde_method &method,
                    const frames::MethodDescription &description)
{
    enter(parent, agent, cancel);
    const Cancel signal(kCancel, std::nullopt);
    RunHost host(kAgent, signal, description, 0, true);
    host.finish(method.probe == nullptr ? 0 : method.probe(&host));
    ::_exit(0);
}

} // namespace sonde::hosting
