#include "counting.hpp"

namespace sonde::passive_syn {

Counting::Counting(const sonde::plugin::HashKey &key, std::size_t syn_memory, std::int64_t begin)
    : fingerprints_(key), memory_(syn_memory, begin), own_(syn_memory, begin)
{
}

Tally &Counting::tally_of(const Interval &interval)
{
    auto &tally = open_[interval.number % Intervals::kOpenAtOnce];
    if (!tally) {
        tally.emplace();
        tally->memory = memory_.reach(interval.start);
    }
    return *tally;
}

void Counting::add(const Interval &interval, const Seen &seen)
{
    Tally &tally = tally_of(interval);
    Counts &counts = tally.counts[seen.packet.family == 6][static_cast<int>(seen.direction)];
    // Where nothing of our own was sent no answer is looked up.
    const auto answers_own = [&] {
        return seen.own || (!own_.empty() && own_.contains(fingerprints_.of(seen.packet, seen.direction)));
    };
    switch (seen.packet.segment) {
    case Segment::syn:
        add_syn(interval, seen, tally, counts);
        break;
    case Segment::syn_ack:
        ++counts.syn_ack;
        counts.syn_ack_own += answers_own();
        break;
    case Segment::rst:
        ++counts.rst;
        counts.rst_own += answers_own();
        break;
    case Segment::unparsed:
        ++counts.unparsed;
        break;
    }
    tally.own_told = tally.own_told && own_.remembers(seen.time);
}

void Counting::add_syn(const Interval &interval, const Seen &seen, Tally &tally, Counts &counts)
{
    ++counts.syn;
    counts.syn_own += seen.own;
    if (!seen.own && !memory_.remembers(seen.time)) {
        tally.told_apart = false;
        return;
    }
    const std::uint64_t fingerprint = fingerprints_.of(seen.packet, seen.direction);
    if (seen.own)
        own_.see(fingerprint, seen.time, interval.end);
    switch (memory_.see(fingerprint, seen.time, interval.end)) {
    case SynMemory::Told::first:
        ++counts.syn_first;
        break;
    case SynMemory::Told::repeated:
        break;
    case SynMemory::Told::unknown:
        tally.told_apart = false;
        break;
    }
}

Tally Counting::take(const Interval &interval)
{
    const Tally tally = tally_of(interval);
    open_[interval.number % Intervals::kOpenAtOnce].reset();
    return tally;
}

} // namespace sonde::passive_syn
