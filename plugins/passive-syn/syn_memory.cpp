#include "syn_memory.hpp"

#include <algorithm>
#include <utility>

namespace sonde::passive_syn {

SynMemory::Told SynMemory::see(std::uint64_t fingerprint, std::int64_t time, std::int64_t resume)
{
    if (limit_ == 0)
        return Told::unknown;
    if (off_until_ != 0) {
        if (time < off_until_)
            return Told::unknown;
        known_since_ = generation_since_ = off_until_;
        off_until_ = 0;
        now_.clear();
        before_.clear();
    }
    turn(time);
    fingerprint = std::max<std::uint64_t>(fingerprint, 1);
    switch (now_.add(fingerprint, limit_)) {
    case Generation::Added::was_there:
        return Told::repeated;
    case Generation::Added::full:
        off_until_ = resume;
        return Told::unknown;
    case Generation::Added::yes:
        break;
    }
    return before_.contains(fingerprint) ? Told::repeated : Told::first;
}

bool SynMemory::contains(std::uint64_t fingerprint) const
{
    fingerprint = std::max<std::uint64_t>(fingerprint, 1);
    return now_.contains(fingerprint) || before_.contains(fingerprint);
}

std::int64_t SynMemory::reach(std::int64_t time) const
{
    return limit_ == 0 ? 0 : std::clamp<std::int64_t>(time - std::max(known_since_, off_until_), 0, kReach);
}

void SynMemory::turn(std::int64_t time)
{
    if (time - generation_since_ < kReach)
        return;
    std::swap(now_, before_);
    now_.clear();
    if (time - generation_since_ >= 2 * kReach)
        before_.clear();
    generation_since_ = time;
}

std::size_t SynMemory::Generation::place(std::uint64_t fingerprint) const
{
    const std::size_t mask = places_.size() - 1;
    std::size_t at = fingerprint & mask;
    while (places_[at] != 0 && places_[at] != fingerprint)
        at = (at + 1) & mask;
    return at;
}

bool SynMemory::Generation::contains(std::uint64_t fingerprint) const
{
    return size_ != 0 && places_[place(fingerprint)] == fingerprint;
}

SynMemory::Generation::Added SynMemory::Generation::add(std::uint64_t fingerprint, std::size_t limit)
{
    // Half of the places stay empty, so that a search is short.
    if (2 * std::min(size_ + 1, limit) > places_.size())
        grow();
    std::uint64_t &there = places_[place(fingerprint)];
    if (there == fingerprint)
        return Added::was_there;
    if (size_ == limit)
        return Added::full;
    there = fingerprint;
    ++size_;
    return Added::yes;
}

void SynMemory::Generation::grow()
{
    const std::vector<std::uint64_t> old =
        std::exchange(places_, std::vector<std::uint64_t>(std::max(2 * places_.size(), kPlacesMin)));
    for (const std::uint64_t fingerprint : old)
        if (fingerprint != 0)
            places_[place(fingerprint)] = fingerprint;
}

void SynMemory::Generation::clear()
{
    places_ = std::vector<std::uint64_t>();
    size_ = 0;
}

} // namespace sonde::passive_syn
