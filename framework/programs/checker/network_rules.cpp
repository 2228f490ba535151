#include "plugin_host/traffic_bound.hpp"
#include "programs/checker/net_space.hpp"
#include "programs/checker/rule.hpp"
#include "programs/checker/siblings.hpp"
#include "programs/checker/stage.hpp"
#include "programs/checker/words.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cmath>
#include <csignal>
#include <netinet/in.h>

// What a run does on the line, seen in a network of its own.
namespace sonde::checker {

namespace {

using namespace std::chrono_literals;

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
                              if (Complaint complaint = judge_conduct(outcome, " with no network"))
                                  return complaint;
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
                                  return incomplete(outcome);
                              return fail("counted " + std::to_string(outcome.sent_bytes + outcome.received_bytes) +
                                          " bytes of " + std::to_string(static_cast<std::uint64_t>(bytes)));
                          }));
}

// What is sent again when nobody answers counts as well; a run is not waited for longer than it takes to see that.
constexpr auto kUnanswered = 3s;

Complaint judge_bound(const Stage &stage, std::size_t method, Order order, const std::string &with)
{
    const auto bound = plugin_host::traffic_bound(stage.method(method), order.invoke.values);
    const std::uint64_t before = loopback_bytes();
    const Outcome outcome = stage.run(std::move(order));
    const std::uint64_t bytes = loopback_bytes() - before;
    if (bytes > bound.value_or(0))
        return fail("puts " + std::to_string(bytes) + " bytes on the line" + with + ", and " +
                    (bound ? "its traffic_bound gives " + std::to_string(*bound)
                           : "having no traffic_bound says that it sends nothing"));
    return with.empty() ? incomplete(outcome) : std::nullopt;
}

Verdict bounded(const Subject &subject)
{
    const std::string good = "stays within its traffic bound";
    Verdict verdict = judge_isolated(subject, good, with_order([](const Stage &stage, std::size_t method, Order order) {
                                         return judge_bound(stage, method, std::move(order), "");
                                     }));
    if (verdict.status == Status::fail || !has_net_space())
        return verdict;
    const Verdict silent =
        judge_methods(subject, good, with_order([](const Stage &stage, std::size_t method, Order order) {
                          order.patience = kUnanswered;
                          return judge_bound(stage, method, std::move(order), " when nobody answers");
                      }),
                      Manners::silent);
    return silent.status == Status::fail ? silent : verdict;
}

// Where the peer is.
bool is_peer(const std::string &address)
{
    return address == "127.0.0.1" || address == "::1";
}

// As the kernel writes it; empty if it is none.
std::string address_in(std::string text)
{
    char written[INET6_ADDRSTRLEN] = {};
    in6_addr address{};
    for (const int family : {AF_INET, AF_INET6})
        if (::inet_pton(family, text.c_str(), &address) == 1)
            return ::inet_ntop(family, &address, written, sizeof written);
    return "";
}

// Whether a target's text, a host or a URL or several, names the address.
bool names(const std::string &text, const std::string &address)
{
    constexpr const char *kOfAddresses = "0123456789abcdefABCDEF.:";
    for (std::size_t at = 0; (at = text.find_first_of(kOfAddresses, at)) != text.npos;) {
        const std::string word = text.substr(at, text.find_first_not_of(kOfAddresses, at) - at);
        // Behind the last colon there may be a port.
        if (address_in(word) == address || address_in(word.substr(0, word.rfind(':'))) == address)
            return true;
        at += word.size();
    }
    return false;
}

// What was given for the method's targets.
std::vector<std::string> targets_of(const Stage &stage, std::size_t method)
{
    std::vector<std::string> targets;
    const Choices choices = stage.choices(method);
    for (const frames::OptionDescription &option : stage.method(method).options)
        if (const auto given = choices.find(option.id); option.target && given != choices.end())
            targets.push_back(given->second);
    return targets;
}

Verdict targets_only(const Subject &subject)
{
    return judge_isolated(subject, "sends to its targets and to nobody else",
                          with_order([&](const Stage &stage, std::size_t method, Order order) -> Complaint {
                              Result<Capture> capture = Capture::open();
                              if (!capture)
                                  return skipped(to_string(capture.error()));
                              const std::vector<std::string> targets = targets_of(stage, method);
                              std::string stranger;
                              const auto look = [&](const std::vector<Packet> &packets) {
                                  for (const Packet &packet : packets) {
                                      const bool given =
                                          std::any_of(targets.begin(), targets.end(), [&](const std::string &target) {
                                              return names(target, packet.to);
                                          });
                                      if (!packet.to.empty() && !is_peer(packet.to) && !given)
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
                          if (Complaint nothing_seen = incomplete(outcome))
                              return nothing_seen;
                          return fail("declares " + unused + ", and this run asked for no such socket");
                      });
}

Verdict privileges_enough(const Subject &subject)
{
    return judge_methods(subject, "uses no privilege but those that it declares",
                         with_order([](const Stage &stage, std::size_t, const Order &order) -> Complaint {
                             Order watched = order;
                             watched.assignment.flags = Assignment::kNoRaw;
                             const Outcome caught = stage.run(std::move(watched));
                             // Also where it would do without one: what a run shows would depend on whose it is.
                             if (caught.end == Outcome::End::killed && caught.code == SIGSYS)
                                 return fail("opens a raw socket itself");
                             if (!stage.not_isolated().empty())
                                 return skipped(stage.not_isolated());
                             Order bare = order;
                             bare.assignment.flags = Assignment::kBare;
                             const Outcome with = stage.run(order);
                             const Outcome without = stage.run(std::move(bare));
                             if (Complaint nothing_seen = incomplete(with))
                                 return nothing_seen;
                             if (without.alive() && without.status == 0)
                                 return std::nullopt;
                             return fail("completes with this program's privileges, and without them it " +
                                         in_words(without));
                         }));
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
    {"privileges-enough", "run", "",
     "in an agent it runs as a user without any privilege, and does otherwise what it does with one here",
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
