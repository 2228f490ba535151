#include "hosting/run.hpp"

#include "hosting/cancel.hpp"
#include "hosting/child.hpp"
#include "hosting/inputs.hpp"
#include "hosting/invocation.hpp"
#include "hosting/run_host.hpp"
#include "hosting/traced_host.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <string>

namespace sonde::hosting {

namespace {

constexpr int kAgent = 3;
constexpr int kCancel = 4;

// The agent decides by closing or reading when a full socket lets go; nothing here polls for it.
void let_block(int agent)
{
    ::fcntl(agent, F_SETFL, ::fcntl(agent, F_GETFL) & ~O_NONBLOCK);
}

void enter(pid_t parent, int agent, int cancel)
{
    const int kept[] = {agent, cancel};
    become_child(parent, kept);
}

} // namespace

void run_in_child(pid_t parent, int agent, int cancel, const sonde_method &method,
                  const frames::MethodDescription &description, const frames::Invoke &invoke)
{
    enter(parent, agent, cancel);
    run_here(kAgent, kCancel, method, description, invoke);
    ::_exit(0);
}

void run_here(int agent, int cancel, const sonde_method &method, const frames::MethodDescription &description,
              const frames::Invoke &invoke)
{
    let_block(agent);
    const Cancel signal(cancel, invoke.deadline);
    Result<Inputs> inputs = Inputs();
    if (invoke.takes_input)
        inputs = Inputs::receive(agent);
    // Only an agent that is going away, or none of ours, sends something else: there is nobody to say it to.
    if (!inputs)
        return;
    const Invocation invocation(invoke, method, inputs->get());
    RunHost host(agent, signal, description, invoke.family, false);
    if (!invoke.trace) {
        host.finish(method.run(&host, &invocation.get()));
        return;
    }
    const TracedHost traced(host, description);
    traced.say("run() entered");
    const std::int32_t returned = method.run(&traced, &invocation.get());
    traced.say("run() returned " + std::to_string(returned));
    host.finish(returned);
}

void probe_in_child(pid_t parent, int agent, int cancel, const sonde_method &method,
                    const frames::MethodDescription &description)
{
    enter(parent, agent, cancel);
    let_block(kAgent);
    const Cancel signal(kCancel, std::nullopt);
    RunHost host(kAgent, signal, description, 0, true);
    host.finish(method.probe == nullptr ? 0 : method.probe(&host));
    ::_exit(0);
}

} // namespace sonde::hosting
