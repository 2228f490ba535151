#include "hosting/run.hpp"

#include "frames/socket.hpp"
#include "frames/start.hpp"
#include "hosting/cancel.hpp"
#include "hosting/child.hpp"
#include "hosting/forbid.hpp"
#include "hosting/inputs.hpp"
#include "hosting/invocation.hpp"
#include "hosting/library.hpp"
#include "hosting/run_host.hpp"
#include "hosting/traced_host.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>
#include <variant>

namespace sonde::hosting {

namespace {

// The descriptors of a run's process. Where it loads a plugin by descriptor, that one stays at its number.
constexpr int kAgent = 3;
constexpr int kCancel = 4;
constexpr int kCancelBehindPlugin = 5;
constexpr int kHandover = 3; // until its run has come
static_assert(frames::kPluginDescriptor == kAgent + 1);

// The agent decides by closing or reading when a full socket lets go; nothing here polls for it.
void let_block(int agent)
{
    if (const int flags = ::fcntl(agent, F_GETFL); (flags & O_NONBLOCK) != 0)
        ::fcntl(agent, F_SETFL, flags & ~O_NONBLOCK);
}

// False: it was cancelled first.
bool wait_for_its_time(int cancel, MonotonicTime time)
{
    const std::int64_t ns = time.time_since_epoch().count();
    return monotonic_ns() >= ns || !Cancel(cancel, std::nullopt).wait_until(ns);
}

// What the agent waits for, and learns some wake-ups later; one that is gone is noticed by what comes next.
void say_begun(int agent)
{
    if (const auto frame = frames::encode(frames::RunToAgent(frames::Begun{now().monotonic})))
        (void)frames::send(agent, *frame);
}

bool loads_by_descriptor(const Place &place)
{
    return place.plugin == nullptr && place.file == frames::kPluginDescriptorPath;
}

// No thread comes along in a fork: one that is there was started by the plugin meanwhile.
void end_with_threads()
{
    if (!is_alone())
        ::_exit(kHasThreads);
}

// The method, in a process that has become a run's. Ends it where its plugin does not load any more.
const sonde_method &enter(pid_t parent, int agent, int cancel, const Place &place,
                          const frames::MethodDescription &description)
{
    if (place.plugin != nullptr)
        end_with_threads();
    if (loads_by_descriptor(place)) {
        const int kept[] = {agent, frames::kPluginDescriptor, cancel};
        become_child(parent, kept);
    } else {
        const int kept[] = {agent, cancel};
        become_child(parent, kept, Processes::forbidden,
                     place.plugin != nullptr ? Surroundings::inherited : Surroundings::made_here);
    }
    // What is given packets to see sends none: the kernel knows no packet socket that only receives. Such a plugin runs
    // cold, so that this holds for what its constructors do, too.
    if ((description.privileges & SONDE_PRIVILEGE_CAPTURE) != 0)
        forbid_frames();
    if (place.plugin != nullptr)
        return *place.plugin->methods[place.method];
    const Result<Library> library = Library::load(place.file);
    if (!library)
        ::_exit(1);
    return *library->plugin().methods[place.method];
}

int cancel_of(const Place &place)
{
    return loads_by_descriptor(place) ? kCancelBehindPlugin : kCancel;
}

} // namespace

void run_in_child(pid_t parent, int agent, int cancel, const Place &place, const frames::MethodDescription &description,
                  const frames::Invoke &invoke)
{
    const sonde_method &method = enter(parent, agent, cancel, place, description);
    run_here(kAgent, cancel_of(place), method, description, invoke);
    ::_exit(0);
}

void run_in_child_later(pid_t parent, int handover, const sonde_plugin &plugin, const frames::Description &description,
                        std::span<std::byte> buffer)
{
    end_with_threads();
    const int kept[] = {handover};
    become_child(parent, kept, Processes::forbidden, Surroundings::inherited);
    // Whether it is heard or not: a run may have been handed over before.
    (void)frames::send(kHandover, std::array{std::byte{}});
    Result<frames::Received> received = frames::receive(kHandover, buffer, 2, 0);
    if (!received || received->transfer != frames::Transfer::done || received->descriptors.size() != 2)
        ::_exit(0);
    const Result<frames::AgentToRunner> message = frames::decode<frames::AgentToRunner>(received->frame);
    const auto *invoke = message ? std::get_if<frames::Invoke>(&*message) : nullptr;
    if (invoke == nullptr)
        ::_exit(1);
    const int given[] = {received->descriptors[0].release(), received->descriptors[1].release()};
    place_descriptors(given);
    run_here(kAgent, kCancel, *plugin.methods[invoke->method], description.methods[invoke->method], *invoke);
    ::_exit(0);
}

void run_here(int agent, int cancel, const sonde_method &method, const frames::MethodDescription &description,
              const frames::Invoke &invoke)
{
    let_block(agent);
    if (!wait_for_its_time(cancel, invoke.not_before))
        return;
    say_begun(agent);
    const Cancel signal(cancel, invoke.deadline);
    frames::Invoke whole = invoke;
    Result<Inputs> inputs = Inputs();
    if (invoke.takes_input || invoke.more_items)
        inputs = Inputs::receive(agent, whole.values);
    // Only an agent that is going away, or none of ours, sends something else: there is nobody to say it to.
    if (!inputs)
        return;
    const Invocation invocation(whole, method, inputs->get());
    RunHost host(agent, signal, description, invoke, false);
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

void probe_in_child(pid_t parent, int agent, int cancel, const Place &place,
                    const frames::MethodDescription &description)
{
    const sonde_method &method = enter(parent, agent, cancel, place, description);
    let_block(kAgent);
    say_begun(kAgent);
    const Cancel signal(cancel_of(place), std::nullopt);
    const frames::Invoke none;
    RunHost host(kAgent, signal, description, none, true);
    host.finish(method.probe == nullptr ? 0 : method.probe(&host));
    ::_exit(0);
}

} // namespace sonde::hosting
