#include "slots.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sonde::dns {

void Drawer::draw(void *bytes, std::size_t size)
{
    if (size > sizeof store_ - used_) {
        random_(store_.data(), sizeof store_);
        used_ = 0;
    }
    std::memcpy(bytes, store_.data() + used_, size);
    used_ += size;
}

Slots::Slots(std::size_t most, std::int64_t keep)
    : slots_(std::bit_ceil(most * 4) + 1), places_(slots_.size() - 1), most_(most), keep_(keep)
{
    slots_[places_].before = slots_[places_].behind = static_cast<std::uint32_t>(places_);
}

Slots::Slot &Slots::take(Drawer &drawer, std::int64_t now)
{
    constexpr int kPatience = 64;
    for (int tried = 0;; ++tried) {
        std::uint16_t id = 0;
        drawer.draw(&id, sizeof id);
        Slot &slot = slots_[id & (places_ - 1)];
        const bool kept = slot.state == State::timed_out && now - slot.begun < keep_ && tried < kPatience;
        // The same id at once again could not tell a second answer from a first.
        if (slot.state == State::waiting || kept || (slot.state != State::empty && slot.id == id))
            continue;
        Slot &end = slots_[places_];
        slot.state = State::waiting;
        slot.id = id;
        slot.begun = now;
        slot.counted = slot.unsent = false;
        slot.queued = slot.sent = 0;
        slot.before = end.before;
        slot.behind = static_cast<std::uint32_t>(places_);
        slots_[end.before].behind = place_of(slot);
        end.before = place_of(slot);
        ++waiting_;
        return slot;
    }
}

Slots::Slot *Slots::find(std::uint16_t id)
{
    Slot &slot = slots_[id & (places_ - 1)];
    return slot.state != State::empty && slot.id == id ? &slot : nullptr;
}

void Slots::settle(Slot &slot, State state)
{
    if (slot.state == State::waiting) {
        slots_[slot.before].behind = slot.behind;
        slots_[slot.behind].before = slot.before;
        --waiting_;
    }
    slot.state = state;
}

Slots::Slot *Slots::oldest()
{
    const std::uint32_t first = slots_[places_].behind;
    return first == places_ ? nullptr : &slots_[first];
}

} // namespace sonde::dns
