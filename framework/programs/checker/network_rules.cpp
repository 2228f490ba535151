#include "plugin_host/traffic_bound.hpp"
#include "programs/checker/net_space.hpp"
#include "programs/checker/rule.hpp"
#include "programs/checker/stage.hpp"
#include "programs/checker/words.hpp"

#include <algorithm>
#include <cmath>
#include <netinet/in.h>

// What a run does on the line, seen in a network of its own.
namespace sonde::checker {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSiblings = 8;
constexpr std::size_t kAll = static_cast<std::size_t>(-1); // packets, once nobody sends any more

// judge_methods for what can be seen only where nobody else is.
Verdict judge_isolated(const Subject &subject, const std::string &good, const JudgeMethod &judge)
{
    return judge_methods(subject, good, [&](const Stage &stage, std::size_t method) -> Complaint {
        if (!stage.not_isolated().empty())
            return skipped(stage.not_isolated());
        return judge(stage, method);
    });
}

Verdict offline(const Subject &subject)
{
    return judge_isolated(subject, "ends cleanly without a network",
                          with_order([](const Stage &stage, std::size_t method, Order order) -> Complaint {
                              if (const Result<void> down = enter_empty_net_space(); !down)
                                  return skipped(to_string(down.error()));
                              const Outcome outcome = stage.run(std::move(order));
                              if (outcome.end == Outcome::End::stuck)
                                  return fail("run() " + in_words(outcome) + ", with no network");
                              if (!outcome.alive())
                                  return crash("run() " + in_words(outcome) + " with no network");
                              if (outcome.status == 0 && (stage.method(method).flags & SONDE_ACTIVE) != 0)
                                  return warning("completes with no network, as if it had measured something");
                              return std::nullopt;
                          }));
}

Verdict counted(const Subject &subject)
{
    return judge_isolated(subject, "counts what it puts on the line",
                          with_order([](const Stage &stage, std::size_t, Order order) -> Complaint {
                              const std::uint64_t before = loopback_bytes();
                              const Outcome outcome = stage.run(std::move(order));
                              const auto bytes = static_cast<double>(loopback_bytes() - before);
                              const auto counted = static_cast<double>(outcome.sent_bytes + outcome.received_bytes);
                              // An estimate of headers, handshakes and repeats is good enough for a budget.
                              if (std::abs(counted - bytes) <= 0.25 * bytes + 2000)
                                  return std::nullopt;
                              return fail("counted " + std::to_string(outcome.sent_bytes + outcome.received_bytes) +
                                          " bytes of " + std::to_string(static_cast<std::uint64_t>(bytes)));
                          }));
}

Verdict bounded(const Subject &subject)
{
    return judge_isolated(subject, "stays within its traffic bound",
                          with_order([](const Stage &stage, std::size_t method, Order order) -> Complaint {
                              const auto bound = plugin_host::traffic_bound(stage.method(method), order.invoke.values);
                              const std::uint64_t before = loopback_bytes();
                              stage.run(std::move(order));
                              const std::uint64_t bytes = loopback_bytes() - before;
                              if (bytes <= bound.value_or(0))
                                  return std::nullopt;
                              return fail("puts " + std::to_string(bytes) + " bytes on the line, and " +
                                          (bound ? "its traffic_bound gives " + std::to_string(*bound)
                                                 : "having no traffic_bound says that it sends nothing"));
                          }));
}

bool is_loopback(const std::string &address)
{
    return address.starts_with("127.") || address == "::1";
}

Verdict targets_only(const Subject &subject)
{
    return judge_isolated(
        subject, "sends to its targets and to nobody else",
        with_order([&](const Stage &stage, std::size_t, Order order) -> Complaint {
            Result<Capture> capture = Capture::open();
            if (!capture)
                return skipped(to_string(capture.error()));
            std::string stranger;
            const auto look = [&](const std::vector<Packet> &packets) {
                for (const Packet &packet : packets) {
                    const bool given = std::any_of(subject.words.begin(), subject.words.end(),
                                                   [&](const auto &word) { return word.find(packet.to) != word.npos; });
                    if (!packet.to.empty() && !is_loopback(packet.to) && !given)
                        stranger = packet.to;
                }
            };
            order.watched = capture->fd();
            order.seen = [&] {
                look(capture->take());
                return false;
            };
            stage.run(std::move(order));
            look(capture->take(kAll));
            if (stranger.empty())
                return std::nullopt;
            return fail("sends to " + stranger + ", which is none of its targets");
        }));
}

// "SONDE_PRIVILEGE_ICMP and SONDE_PRIVILEGE_CAPTURE".
std::string names_of(std::uint32_t privileges)
{
    std::vector<std::string> names;
    if ((privileges & SONDE_PRIVILEGE_ICMP) != 0)
        names.emplace_back("SONDE_PRIVILEGE_ICMP");
    if ((privileges & SONDE_PRIVILEGE_CAPTURE) != 0)
        names.emplace_back("SONDE_PRIVILEGE_CAPTURE");
    if ((privileges & SONDE_PRIVILEGE_LISTEN) != 0)
        names.emplace_back("SONDE_PRIVILEGE_LISTEN");
    return list(names);
}

Verdict privileges_declared(const Subject &subject)
{
    return judge_runs(subject, "asks for the sockets that it declares",
                      [](const Outcome &outcome, const frames::MethodDescription &method) -> Complaint {
                          const std::uint32_t undeclared = outcome.privileges & ~method.privileges;
                          if (undeclared == 0)
                              return std::nullopt;
                          return fail("asks for sockets of " + names_of(undeclared) + ", which it does not declare");
                      });
}

Verdict privileges_used(const Subject &subject)
{
    return judge_runs(subject, "declares no privilege that it does not use",
                      [](const Outcome &outcome, const frames::MethodDescription &method) -> Complaint {
                          const std::string unused = names_of(method.privileges & ~outcome.privileges);
                          if (unused.empty())
                              return std::nullopt;
                          return fail("declares " + unused + ", and this run asked for no such socket");
                      });
}

Verdict privileges_enough(const Subject &subject)
{
    return judge_isolated(subject, "needs no privilege but those that it declares",
                          with_order([](const Stage &stage, std::size_t, const Order &order) -> Complaint {
                              Order bare = order;
                              bare.assignment.flags = Assignment::kBare;
                              const Outcome with = stage.run(order);
                              const Outcome without = stage.run(std::move(bare));
                              if (!with.alive() || with.status != 0)
                                  return skipped("the run does not complete here");
                              if (without.alive() && without.status == 0)
                                  return std::nullopt;
                              return fail("completes with this program's privileges, and without them it " +
                                          in_words(without));
                          }));
}

// What a run of ours sends, not what the peer or the kernel answers to it.
bool is_own(const Packet &packet, std::uint16_t peer)
{
    if (packet.payload.empty())
        return false;
    if (packet.protocol == IPPROTO_UDP || packet.protocol == IPPROTO_TCP)
        return packet.from_port != peer;
    const bool icmp4_answer = packet.protocol == IPPROTO_ICMP && (packet.payload[0] == 0 || packet.payload[0] == 3);
    const bool icmp6_answer = packet.protocol == IPPROTO_ICMPV6 && (packet.payload[0] == 129 || packet.payload[0] == 1);
    return !icmp4_answer && !icmp6_answer;
}

// The first packet that a run sends; an empty one if it sends none. The run is cancelled then.
Packet first_packet(const Stage &stage, Order order, Capture &capture)
{
    Packet first;
    capture.take(kAll);
    order.watched = capture.fd();
    order.seen = [&] {
        for (Packet &packet : capture.take())
            if (first.payload.empty() && is_own(packet, stage.surroundings().port))
                first = std::move(packet);
        return !first.payload.empty();
    };
    stage.run(std::move(order));
    return first;
}

bool same_at(const std::vector<Packet> &packets, std::size_t at)
{
    return std::all_of(packets.begin(), packets.end(), [&](const Packet &packet) {
        return packet.payload.size() > at && packet.payload[at] == packets.front().payload[at];
    });
}

// Bytes that all siblings have in common and that a process of its own has otherwise: whatever they are drawn from, the
// siblings share it. A clock's bytes are no such ones, because the stranger ran between the siblings.
std::vector<std::string> shared_bytes(const std::vector<Packet> &siblings, const Packet &stranger)
{
    std::vector<std::string> shared;
    for (std::size_t at = 0; at < stranger.payload.size(); ++at)
        if (same_at(siblings, at) && siblings.front().payload[at] != stranger.payload[at])
            shared.push_back(std::to_string(at));
    return shared;
}

Complaint judge_siblings(const Stage &stage, std::size_t, const Order &order)
{
    Result<Capture> capture = Capture::open();
    if (!capture)
        return skipped(to_string(capture.error()));
    std::vector<Packet> siblings;
    Packet stranger;
    for (std::size_t i = 0; i < kSiblings; ++i) {
        siblings.push_back(first_packet(stage, order, *capture));
        if (siblings.back().payload.empty())
            return skipped("it sends no data of its own");
        if (i + 1 != kSiblings / 2)
            continue;
        Order apart = order;
        apart.fresh = true;
        apart.assignment.flags = Assignment::kOtherRand;
        stranger = first_packet(stage, std::move(apart), *capture);
    }
    const auto same_port = [&](const Packet &packet) { return packet.from_port == siblings.front().from_port; };
    if (siblings.front().from_port != stranger.from_port && std::all_of(siblings.begin(), siblings.end(), same_port))
        return fail("all send from port " + std::to_string(siblings.front().from_port));
    const auto shared = shared_bytes(siblings, stranger);
    if (shared.empty())
        return std::nullopt;
    return fail("what " + std::to_string(kSiblings) + " runs send first has the same random bytes, at offset " +
                shared.front() + (shared.size() == 1 ? "" : " and " + std::to_string(shared.size() - 1) + " more"));
}

Verdict siblings(const Subject &subject)
{
    return judge_isolated(subject, "runs that were forked from one process draw different numbers",
                          with_order(judge_siblings));
}

constexpr Rule kNetworkRules[] = {
    {"network-none", "cancel-obeyed", "", "lines are down at times, and that is a result as well",
     "fail with a status whose blame is the path or the agent", offline},
    {"traffic-counted", "run", "", "the line owner's daily budget is charged with what host->count was told",
     "call host->count with the bytes of IP packets, both ways, as they happen", counted, Status::warning},
    {"traffic-bound", "run", "", "an agent starts a run only if that much is left of the line owner's day",
     "count both directions with the headers of IP, the answers and what is sent again", bounded},
    {"traffic-targets", "run", "", "the line owner's policy allows targets, and the method talks to somebody else",
     "send to addresses from options that are marked as targets, and to nobody else", targets_only},
    {"privileges-declared", "run", "", "an agent gives only what is declared", "add it to the method's privileges",
     privileges_declared},
    {"privileges-used", "run", "", "an operator must trust a plugin for each of its privileges",
     "remove it from the method's privileges", privileges_used, Status::warning},
    {"privileges-enough", "run", "", "in an agent it runs as a user without any privilege",
     "take sockets from host->socket, and declare the privilege for them", privileges_enough},
    {"siblings-random", "run", "",
     "runs would mistake each other's answers for their own, and strangers could guess what to forge",
     "draw ids, ports and cookies by host->random inside run()", siblings},
};

} // namespace

std::span<const Rule> network_rules()
{
    return kNetworkRules;
}

} // namespace sonde::checker
