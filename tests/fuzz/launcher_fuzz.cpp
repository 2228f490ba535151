// libFuzzer's target for what an agent asks of the launcher, and its front of its monitor: from a packet to a request
// that may be carried out. The first byte of the input is how many bytes the packet of a runner's start has; what
// follows it are a request for sockets and whatever else comes.
#include "frames/messages.hpp"
#include "frames/privileges.hpp"
#include "programs/launcher/monitor/request.hpp"
#include "sockets/counter_program.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <variant>

namespace {

using namespace sonde;

void abort_unless(bool good)
{
    if (!good)
        std::abort();
}

template <class Message>
std::optional<Message> read(std::span<const std::byte> packet)
{
    const auto asked = frames::decode<frames::AgentToLauncher>(packet);
    if (asked && std::holds_alternative<Message>(*asked))
        return std::get<Message>(*asked);
    const auto passed_on = frames::decode<frames::FrontToMonitor>(packet);
    if (passed_on && std::holds_alternative<Message>(*passed_on))
        return std::get<Message>(*passed_on);
    return std::nullopt;
}

// A refusal goes back to the agent, so it must be a message that can be sent and read.
void is_sendable(const frames::LauncherError &refusal)
{
    const auto frame = frames::encode(frames::LauncherToAgent(refusal));
    abort_unless(frame && frames::decode<frames::LauncherToAgent>(*frame));
}

void check(const frames::StartRunner &start)
{
    const auto refusal = launcher::refusal(start);
    if (refusal)
        return is_sendable(*refusal);
    abort_unless(start.plugin.starts_with('/'));
    for (const std::string &place : start.libraries)
        abort_unless(place.starts_with('/'));
    abort_unless((start.privileges & ~frames::kPrivileges) == 0);
    abort_unless(start.purpose == frames::Purpose::run || start.privileges == 0);
}

// Jumps lead ahead and stay inside, all that is called is the kernel's own, and the end is an end.
void check(const frames::Counter &counter)
{
    const auto code = sockets::translate_counter(counter, 3);
    if (!code)
        return;
    abort_unless(!code->empty() && code->back().code == (BPF_JMP | BPF_EXIT));
    for (std::size_t at = 0; at < code->size(); ++at) {
        const bpf_insn &one = (*code)[at];
        const bool jumps = BPF_CLASS(one.code) == BPF_JMP || BPF_CLASS(one.code) == BPF_JMP32;
        if (one.code == (BPF_JMP | BPF_CALL))
            abort_unless(one.src_reg == 0 && (one.imm == BPF_FUNC_map_lookup_elem || one.imm == BPF_FUNC_ktime_get_ns));
        else if (jumps)
            abort_unless(one.off >= 0 && at + 1 + static_cast<std::size_t>(one.off) < code->size());
        else if (one.code == (BPF_LD | BPF_DW | BPF_IMM))
            abort_unless(one.src_reg == BPF_PSEUDO_MAP_FD && one.imm == 3);
    }
}

void check(const frames::OpenSockets &open, const frames::StartRunner &runner)
{
    const auto refusal = launcher::refusal(open, runner);
    if (refusal)
        return is_sendable(*refusal);
    abort_unless(open.count >= 1 && open.count <= frames::kSocketsMax);
    abort_unless(!open.counter || (open.kind == frames::SocketKind::capture && open.count == 1));
    if (open.counter)
        check(*open.counter);
    abort_unless(runner.purpose == frames::Purpose::run);
    const std::uint32_t needed = frames::privilege_for(open.kind, open.listen_port.has_value());
    abort_unless((needed & runner.privileges) == needed);
    abort_unless(open.kind != frames::SocketKind::capture || (runner.privileges & SONDE_PRIVILEGE_CAPTURE) != 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const auto input = std::as_bytes(std::span(data, size)).subspan(1);
    const std::size_t first = std::min<std::size_t>(data[0], input.size());
    const auto start = read<frames::StartRunner>(input.first(first));
    const auto open = read<frames::OpenSockets>(input.subspan(first));
    if (start)
        check(*start);
    if (open)
        check(*open, start.value_or(frames::StartRunner{1, "/a"}));
    return 0;
}
