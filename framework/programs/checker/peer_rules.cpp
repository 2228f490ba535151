#include "programs/checker/rule.hpp"
#include "programs/checker/stage.hpp"

// What a run bears of whom it asks.
namespace sonde::checker {

namespace {

using namespace std::chrono_literals;

// As long as a run may last with such a peer; then it is cancelled.
constexpr auto kPatience = 1s;

// `runs`: more than one where something is drawn.
Verdict judge_manners(const Subject &subject, Manners manners, const std::string &kind, int runs)
{
    return judge_methods(
        subject, "ends in order with " + kind,
        with_order([&](const Stage &stage, std::size_t method, const Order &order) -> Complaint {
            if (!asks_somebody(stage.method(method)))
                return skipped("it asks nobody");
            const std::uint64_t before = Peer::asked();
            for (int i = 0; i < runs; ++i) {
                Order hard = order;
                hard.patience = kPatience;
                const Outcome outcome = stage.run(std::move(hard));
                const std::string with = " with " + kind + " (--seed " + std::to_string(subject.seed) + ")";
                if (Complaint complaint = judge_conduct(outcome, with))
                    return complaint;
            }
            if (Peer::asked() == before)
                return skipped("it asked nothing of this peer, which has only UDP and TCP at one port");
            return std::nullopt;
        }),
        manners);
}

Verdict silent_peer(const Subject &subject)
{
    return judge_manners(subject, Manners::silent, "a peer that never answers", 1);
}

Verdict garbage_peer(const Subject &subject)
{
    return judge_manners(subject, Manners::garbage, "a peer that answers garbage", 4);
}

Verdict truncated_peer(const Subject &subject)
{
    return judge_manners(subject, Manners::truncated, "a peer whose answers end too early", 4);
}

Verdict closing_peer(const Subject &subject)
{
    return judge_manners(subject, Manners::closing, "a peer that hangs up", 2);
}

Verdict flooding_peer(const Subject &subject)
{
    return judge_manners(subject, Manners::flooding, "a peer that sends far too much", 1);
}

constexpr const char *kPeerWhy = "whoever answers on the Internet may be anybody, and a crash costs the measurement";
constexpr const char *kPeerMend = "check every length and number from outside before you use it, and end with a status";

constexpr Rule kPeerRules[] = {
    {"peer-silent", "cancel-obeyed", "", kPeerWhy, "wait no longer than a timeout, and for cancel_fd meanwhile",
     silent_peer},
    {"peer-garbage", "cancel-obeyed", "", kPeerWhy, kPeerMend, garbage_peer},
    {"peer-truncated", "cancel-obeyed", "", kPeerWhy, kPeerMend, truncated_peer},
    {"peer-closing", "cancel-obeyed", "", kPeerWhy, kPeerMend, closing_peer},
    {"peer-flooding", "cancel-obeyed", "", kPeerWhy, kPeerMend, flooding_peer},
};

} // namespace

std::span<const Rule> peer_rules()
{
    return kPeerRules;
}

} // namespace sonde::checker
