#include "ledger.hpp"

#include <algorithm>
#include <utility>

namespace sonde::ping {

const char *const kOutcomeWords[] = {"reply",        "late",       "lost",   "duplicate",    "corrupted",
                                     "other_source", "icmp_error", "unsent", "dropped_here", nullptr};

namespace {
constexpr std::uint64_t kSequences = 65536;
} // namespace

Ledger::Ledger(std::vector<sonde_ip> targets, std::chrono::nanoseconds tmax, std::chrono::nanoseconds linger,
               std::uint64_t first_number, Sink sink)
    : targets_(std::move(targets)), tmax_(tmax.count()), linger_(linger.count()), sink_(std::move(sink)),
      first_(first_number), highest_answered_(targets_.size()), driver_stamps_(targets_.size())
{
}

void Ledger::sent(Packet packet)
{
    packet.generation = generation_;
    packet.drops = drops_[targets_[packet.target].family == 6];
    packets_.push_back(packet);
    ++waiting_;
}

void Ledger::unsent(Packet packet, const char *error)
{
    packet.generation = generation_;
    packets_.push_back(packet);
    ++waiting_;
    emit(packets_.back(), Outcome::unsent, nullptr, std::nullopt, error);
}

void Ledger::stamp(std::uint64_t number, Stamp which, std::int64_t ns, const sonde_ip &source)
{
    if (number < first_ || number - first_ >= packets_.size())
        return;
    Packet &packet = packets_[number - first_];
    packet.source = source_index(source);
    if (which == Stamp::queue) {
        packet.tx_queue = ns;
        return;
    }
    packet.tx_driver = ns;
    put_on_line(packet);
    driver_stamps_[packet.target].seen = true;
    driver_stamps_anywhere_ = true;
}

std::uint16_t Ledger::source_index(const sonde_ip &source)
{
    if (source.family == 0)
        return 0;
    std::size_t i = 0;
    while (i < sources_.size() && !same_address(sources_[i], source))
        ++i;
    if (i == sources_.size() && i < UINT16_MAX - 1u)
        sources_.push_back(source);
    return i < sources_.size() ? static_cast<std::uint16_t>(i + 1) : std::uint16_t{0};
}

void Ledger::put_on_line(Packet &packet)
{
    if (!std::exchange(packet.on_line, true))
        line_bytes_ += packet.line_bytes;
}

std::optional<std::size_t> Ledger::find(const Arrival &arrival) const
{
    if (arrival.authentic) {
        const bool known = arrival.number >= first_ && arrival.number - first_ < packets_.size();
        return known ? std::optional<std::size_t>(arrival.number - first_) : std::nullopt;
    }
    // Without a token only a packet that still waits can be meant: the oldest to that address with that sequence
    // number.
    std::size_t i = static_cast<std::uint16_t>(arrival.sequence - static_cast<std::uint16_t>(first_));
    for (; i < packets_.size(); i += kSequences)
        if (!packets_[i].settled && same_address(targets_[packets_[i].target], arrival.sent_to))
            return i;
    return std::nullopt;
}

void Ledger::arrive(const Arrival &arrival, std::optional<std::int64_t> rx, std::int64_t now)
{
    const auto found = find(arrival);
    if (!found)
        return;
    Packet &packet = packets_[*found];
    last_arrival_ = now;
    const bool is_reply = arrival.kind == Arrival::Kind::reply;
    const bool certain = arrival.authentic && (!is_reply || arrival.intact);
    if (packet.settled) {
        if (is_reply && certain) {
            ++packet.extra;
            emit(packet, Outcome::duplicate, &arrival, rx);
        }
        return;
    }
    using Rank = Candidate::Rank;
    if (!certain)
        propose(first_ + *found, {is_reply ? Rank::damaged : Rank::doubtful_error, arrival, rx});
    else if (!is_reply)
        emit(packet, Outcome::icmp_error, &arrival, rx);
    else if (!same_address(arrival.from, targets_[packet.target]))
        propose(first_ + *found, {Rank::other_source, arrival, rx});
    else
        answered(first_ + *found, packet, arrival, rx, now);
}

void Ledger::propose(std::uint64_t number, const Candidate &candidate)
{
    const auto [found, is_new] = candidates_.try_emplace(number, candidate);
    Candidate &known = found->second;
    if (!is_new && candidate.rank < known.rank)
        known = candidate;
    else if (!is_new && candidate.rank == Candidate::Rank::other_source)
        ++known.copies;
}

// What came before the packet's own verdict, each like the first of them.
void Ledger::add_copies(Packet &packet, const Candidate &foreign, std::uint32_t copies)
{
    for (; copies > 0; --copies) {
        ++packet.extra;
        emit(packet, Outcome::duplicate, &foreign.arrival, foreign.rx);
    }
}

void Ledger::answered(std::uint64_t number, Packet &packet, const Arrival &arrival, std::optional<std::int64_t> rx,
                      std::int64_t now)
{
    if (packet.tx_queue != 0 && packet.tx_driver == 0)
        driver_stamps_[packet.target].missing = true;
    const std::int64_t tx = packet.tx_driver != 0 ? packet.tx_driver : packet.tx_queue;
    const bool comparable = rx && tx != 0 && packet.generation == generation_;
    const std::int64_t delay = comparable ? *rx - tx : now - packet.sent;
    // RFC 4737: something that was sent later has come before it.
    std::uint64_t &highest = highest_answered_[packet.target];
    const bool reordered = number < highest;
    highest = std::max(highest, number);
    emit(packet, delay > tmax_ ? Outcome::late : Outcome::reply, &arrival, rx, nullptr, reordered);
    const auto other = candidates_.find(number);
    if (other == candidates_.end())
        return;
    const Candidate candidate = other->second;
    candidates_.erase(other);
    if (candidate.rank == Candidate::Rank::other_source)
        add_copies(packet, candidate, 1 + candidate.copies);
}

bool Ledger::driver_stamps(const Packet &packet) const
{
    const DriverStamps &known = driver_stamps_[packet.target];
    return known.seen || (driver_stamps_anywhere_ && !known.missing);
}

bool Ledger::left_in_local_queue(const Packet &packet) const
{
    return packet.tx_queue != 0 && packet.tx_driver == 0 && driver_stamps(packet);
}

void Ledger::settle(std::uint64_t number, Packet &packet)
{
    if (const auto found = candidates_.find(number); found != candidates_.end()) {
        constexpr Outcome kOutcomes[] = {Outcome::other_source, Outcome::corrupted, Outcome::icmp_error};
        const Candidate candidate = found->second;
        candidates_.erase(found);
        emit(packet, kOutcomes[static_cast<std::size_t>(candidate.rank)], &candidate.arrival, candidate.rx);
        return add_copies(packet, candidate, candidate.copies);
    }
    // The kernel says how many it dropped, not which: whoever was waiting may have been answered.
    if (packet.drops != drops_[targets_[packet.target].family == 6])
        return emit(packet, Outcome::dropped_here, nullptr, std::nullopt);
    if (left_in_local_queue(packet))
        return emit(packet, Outcome::unsent, nullptr, std::nullopt, "did not leave the local queue");
    emit(packet, Outcome::lost, nullptr, std::nullopt);
}

void Ledger::emit(Packet &packet, Outcome outcome, const Arrival *arrival, std::optional<std::int64_t> rx,
                  const char *error, std::optional<bool> reordered)
{
    if (!packet.settled) {
        packet.settled = true;
        --waiting_;
    }
    if (outcome != Outcome::unsent)
        put_on_line(packet);
    Verdict verdict(packet, outcome, packet.extra);
    verdict.rx = rx;
    verdict.reordered = reordered;
    verdict.source = packet.source == 0 ? nullptr : &sources_[packet.source - 1u];
    verdict.arrival = arrival;
    verdict.error = error;
    add_times(verdict);
    sink_(verdict);
}

void Ledger::add_times(Verdict &verdict) const
{
    const Packet &packet = verdict.packet;
    if (packet.generation != generation_) {
        verdict.rx.reset();
        return;
    }
    using std::chrono::nanoseconds;
    const bool queue = packet.tx_queue != 0, driver = packet.tx_driver != 0;
    if (queue) {
        verdict.tx_queue = packet.tx_queue;
        verdict.lateness = nanoseconds(packet.tx_queue - packet.scheduled);
    }
    if (driver)
        verdict.tx_driver = packet.tx_driver;
    if (queue && driver)
        verdict.local_queue = nanoseconds(packet.tx_driver - packet.tx_queue);
    auto since = [&verdict](std::int64_t tx) {
        const bool known = verdict.arrival != nullptr && verdict.rx && tx != 0 && *verdict.rx >= tx;
        return known ? std::optional(nanoseconds(*verdict.rx - tx)) : std::nullopt;
    };
    // Where a driver stamps, a packet whose stamp was lost has no rtt: from the queue's it would be another quantity.
    if (driver || !driver_stamps(packet))
        verdict.rtt = since(driver ? packet.tx_driver : packet.tx_queue);
    verdict.rtt_sched = since(packet.tx_queue);
}

void Ledger::expire(std::int64_t now)
{
    for (; scanned_ < packets_.size(); ++scanned_) {
        Packet &packet = packets_[scanned_];
        if (packet.settled)
            continue;
        if (packet.sent + patience() > now)
            break;
        settle(first_ + scanned_, packet);
    }
    forget_settled(now);
}

void Ledger::forget_settled(std::int64_t now)
{
    while (!packets_.empty() && packets_.front().settled && packets_.front().sent + patience() <= now) {
        packets_.pop_front();
        candidates_.erase(first_);
        ++first_;
        if (scanned_ > 0)
            --scanned_;
    }
}

std::int64_t Ledger::next_due() const
{
    for (std::size_t i = scanned_; i < packets_.size(); ++i)
        if (!packets_[i].settled)
            return packets_[i].sent + patience();
    return INT64_MAX;
}

std::optional<std::uint32_t> Ledger::oldest_interval() const
{
    return packets_.empty() ? std::nullopt : std::optional(packets_.front().interval);
}

std::vector<Packet> Ledger::close(std::int64_t now)
{
    std::vector<Packet> pending;
    for (std::size_t i = scanned_; i < packets_.size(); ++i) {
        Packet &packet = packets_[i];
        if (packet.settled)
            continue;
        if (packet.sent + tmax_ <= now) {
            settle(first_ + i, packet);
        } else {
            put_on_line(packet);
            pending.push_back(packet);
        }
    }
    return pending;
}

} // namespace sonde::ping
