#include "programs/checker/assignment.hpp"

#include "hosting/cancel.hpp"
#include "hosting/forbid.hpp"
#include "hosting/invocation.hpp"
#include "hosting/run_host.hpp"
#include "processes/children.hpp"
#include "programs/checker/arena.hpp"
#include "programs/checker/process_state.hpp"
#include "programs/checker/strict_host.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <malloc.h>
#include <optional>
#include <span>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::checker {

namespace {

constexpr uid_t kNobody = 65534;
constexpr std::int64_t kShortNs = 20'000'000; // of one run of many
constexpr auto kLingerUs = 100'000;

// As far as this process may; one that is nobody already is bare.
void drop_privileges()
{
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0)
        (void)!::setresuid(kNobody, kNobody, kNobody);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2] = {};
    ::syscall(SYS_capset, &header, none);
    // A change of user clears it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void seed_libc_otherwise()
{
    std::srand(0x5eed);
    ::srandom(0x5eed);
    ::srand48(0x5eed);
}

// A table that a preceding action might have produced.
struct SampleInput {
    const char *columns[2] = {"number", "word"};
    sonde_cell cells[4] = {sonde_int(1), sonde_string("one"), sonde_int(2), sonde_null()};
    sonde_input input{"sample", "sample", columns, cells, 2, 2, 0};
};

std::int32_t perform(const Assignment &assignment, const sonde_method &method,
                     const frames::MethodDescription &description, const frames::Invoke &invoke, Evidence &evidence)
{
    const bool probe = assignment.has(Assignment::kProbe);
    std::optional<MonotonicTime> deadline = invoke.deadline;
    if (assignment.repeat > 1)
        deadline = MonotonicTime(std::chrono::nanoseconds(hosting::monotonic_ns() + kShortNs));
    const hosting::Cancel cancel(kCancelEnd, deadline);
    const SampleInput sample;
    sonde_input input = sample.input;
    if (assignment.has(Assignment::kFuture))
        input.reserved0 = 0xffffffffu;
    const bool takes_input = (method.flags & SONDE_TAKES_INPUT) != 0;
    const hosting::Invocation checked(invoke, method, std::span(&input, takes_input ? 1 : 0));
    sonde_invocation invocation = checked.get();
    if (assignment.has(Assignment::kFuture))
        invocation.reserved0 = 0xffffffffu;
    if (deadline)
        invocation.deadline = deadline->time_since_epoch().count();

    hosting::RunHost inner(kAgentEnd, cancel, description, invoke, probe);
    StrictHost host(inner, description, evidence,
                    {probe, assignment.has(Assignment::kFuture), assignment.has(Assignment::kAlone)});
    Arena arena;
    const bool guarded = assignment.has(Assignment::kGuarded) || assignment.has(Assignment::kReadOnly);
    const sonde_invocation *given = guarded ? place(arena, invocation, method) : &invocation;
    const sonde_host *handed = host.get(guarded ? &arena : nullptr);
    if (guarded)
        arena.guard(assignment.has(Assignment::kReadOnly), evidence);

    host.enter();
    const std::int32_t returned = probe ? method.probe(handed) : method.run(handed, given);
    const std::int32_t result = host.leave(returned);
    if (assignment.has(Assignment::kLinger))
        ::usleep(kLingerUs);
    inner.finish(result);
    return result;
}

void take_sample(const Assignment &assignment, std::uint32_t done, Evidence &evidence)
{
    if (assignment.repeat == 1)
        return;
    const std::uint32_t times[] = {assignment.repeat / 10, assignment.repeat / 2, assignment.repeat};
    const struct mallinfo2 heap = ::mallinfo2();
    evidence.last = {heap.uordblks + heap.hblkhd, static_cast<std::uint32_t>(count_descriptors())};
    evidence.done = done;
    for (std::size_t i = 0; i < std::size(times); ++i)
        if (done == times[i])
            evidence.samples[i] = evidence.last;
}

} // namespace

void carry_out(const Assignment &assignment, const sonde_plugin &plugin, const frames::MethodDescription &description,
               const frames::Invoke &invoke, Evidence &evidence)
{
    if (assignment.has(Assignment::kOtherRand))
        seed_libc_otherwise();
    if (assignment.has(Assignment::kBare))
        drop_privileges();
    if (assignment.has(Assignment::kNoRaw))
        hosting::die_by(hosting::Deed::raw_sockets);
    const sonde_method &method = *plugin.methods[assignment.method];
    for (std::uint32_t done = 1; done <= assignment.repeat; ++done) {
        perform(assignment, method, description, invoke, evidence);
        take_sample(assignment, done, evidence);
    }
    // What it has printed would be lost with this process's buffers, and nobody would know.
    std::fflush(nullptr);
    rusage waited_for{};
    ::getrusage(RUSAGE_CHILDREN, &waited_for);
    evidence.made_processes = waited_for.ru_minflt > 0 || !processes::children().value_or(std::vector<pid_t>()).empty();
    ::_exit(0);
}

Evidence &map_evidence(int descriptor)
{
    void *memory = ::mmap(nullptr, sizeof(Evidence), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED)
        ::_exit(2);
    return *static_cast<Evidence *>(memory);
}

} // namespace sonde::checker
