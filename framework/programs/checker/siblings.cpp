#include "programs/checker/siblings.hpp"

#include "programs/checker/net_space.hpp"

#include <algorithm>
#include <cstdint>
#include <netinet/in.h>
#include <string>
#include <vector>

namespace sonde::checker {

namespace {

constexpr std::size_t kSiblings = 8;
constexpr std::size_t kStrangersMax = 4;
constexpr std::size_t kEverything = static_cast<std::size_t>(-1); // packets, once nobody sends any more

bool has_ports(const Packet &packet)
{
    return packet.protocol == IPPROTO_UDP || packet.protocol == IPPROTO_TCP;
}

// What a run of ours sends, not what the peer or the kernel answers to it.
bool is_own(const Packet &packet, std::uint16_t peer)
{
    if (has_ports(packet))
        return packet.from_port != peer;
    if (packet.payload.empty())
        return false;
    const bool icmp4_answer = packet.protocol == IPPROTO_ICMP && (packet.payload[0] == 0 || packet.payload[0] == 3);
    const bool icmp6_answer = packet.protocol == IPPROTO_ICMPV6 && (packet.payload[0] == 129 || packet.payload[0] == 1);
    return !icmp4_answer && !icmp6_answer;
}

// Where a protocol has the number by which a run tells its own answers from others'.
struct Field {
    const char *name;
    std::size_t at;
    std::size_t size;
};
constexpr Field kDnsId{"id of its DNS query", 0, 2};
constexpr Field kEchoIdentifier{"identifier of its echo request", 4, 2};

// The field that such a packet has; nullptr: none that is known here.
const Field *id_field(const Packet &packet)
{
    const std::vector<std::uint8_t> &data = packet.payload;
    if ((packet.protocol == IPPROTO_ICMP && data[0] == 8) || (packet.protocol == IPPROTO_ICMPV6 && data[0] == 128))
        return data.size() >= 8 ? &kEchoIdentifier : nullptr;
    // A header of twelve bytes: a query (QR and opcode 0) with one question and no record but in the last section.
    const bool query = packet.protocol == IPPROTO_UDP && data.size() > 16 && (data[2] & 0xf8) == 0 && data[4] == 0 &&
                       data[5] == 1 && std::all_of(data.begin() + 6, data.begin() + 10, [](auto b) { return b == 0; });
    return query ? &kDnsId : nullptr;
}

// What a run has sent until its first data: the run is cancelled then.
struct Beginning {
    std::uint16_t port = 0;            // that its first packet left from; 0: it has none
    std::vector<std::uint8_t> payload; // of its first packet with data; empty: there was none
    const Field *id = nullptr;
};

Beginning beginning(const Stage &stage, Order order, Capture &capture)
{
    Beginning first;
    capture.take(kEverything);
    order.watched = capture.fd();
    order.seen = [&] {
        for (Packet &packet : capture.take()) {
            if (!is_own(packet, stage.surroundings().port))
                continue;
            if (first.port == 0)
                first.port = packet.from_port;
            if (!first.payload.empty() || packet.payload.empty())
                continue;
            first.id = id_field(packet);
            first.payload = std::move(packet.payload);
        }
        return !first.payload.empty();
    };
    stage.run(std::move(order));
    return first;
}

bool same_at(const std::vector<Beginning> &all, std::size_t at)
{
    return std::all_of(all.begin(), all.end(), [&](const Beginning &each) {
        return each.payload.size() > at && each.payload[at] == all.front().payload[at];
    });
}

bool is_apart(const Beginning &stranger, std::size_t at, std::uint8_t byte)
{
    return stranger.payload.size() > at && stranger.payload[at] != byte;
}

// Bytes that all siblings have in common and that every process of its own has otherwise: whatever they are drawn from,
// the siblings share it. A clock's bytes are no such ones, because a stranger ran between the siblings.
std::vector<std::string> shared_bytes(const std::vector<Beginning> &siblings, const std::vector<Beginning> &strangers)
{
    std::vector<std::string> shared;
    const std::vector<std::uint8_t> &first = siblings.front().payload;
    for (std::size_t at = 0; at < first.size(); ++at)
        if (same_at(siblings, at) && std::all_of(strangers.begin(), strangers.end(), [&](const Beginning &stranger) {
                return is_apart(stranger, at, first[at]);
            }))
            shared.push_back(std::to_string(at));
    return shared;
}

// The field that has the same number in all of them.
const Field *constant_id(const std::vector<Beginning> &siblings)
{
    const Field *id = siblings.front().id;
    for (std::size_t i = 0; id != nullptr && i < id->size; ++i)
        if (!same_at(siblings, id->at + i))
            return nullptr;
    return id;
}

} // namespace

Complaint judge_siblings(const Stage &stage, std::size_t, const Order &order)
{
    Result<Capture> capture = Capture::open();
    if (!capture)
        return skipped(to_string(capture.error()));
    std::vector<Beginning> siblings;
    std::vector<Beginning> strangers;
    const auto run_a_stranger = [&] {
        Order apart = order;
        apart.fresh = true;
        apart.assignment.flags = Assignment::kOtherRand;
        strangers.push_back(beginning(stage, std::move(apart), *capture));
    };
    for (std::size_t i = 0; i < kSiblings; ++i) {
        siblings.push_back(beginning(stage, order, *capture));
        if (siblings.back().payload.empty() && siblings.back().port == 0)
            return skipped("it sends nothing of its own");
        if (i + 1 == kSiblings / 2)
            run_a_stranger();
    }
    const std::uint16_t port = siblings.front().port;
    const bool one_port =
        std::all_of(siblings.begin(), siblings.end(), [&](const auto &each) { return each.port == port; });
    if (port != 0 && one_port)
        return fail("all send from port " + std::to_string(port));
    auto shared = shared_bytes(siblings, strangers);
    // Of a method with several connections now one and now another is the first to send: more strangers tell.
    while (!shared.empty() && strangers.size() < kStrangersMax) {
        run_a_stranger();
        shared = shared_bytes(siblings, strangers);
    }
    if (!shared.empty())
        return fail("what " + std::to_string(kSiblings) + " runs send first has the same random bytes, at offset " +
                    shared.front() + (shared.size() == 1 ? "" : " and " + std::to_string(shared.size() - 1) + " more"));
    if (const Field *id = constant_id(siblings))
        return warning("each run has the same " + std::string(id->name));
    return std::nullopt;
}

} // namespace sonde::checker
