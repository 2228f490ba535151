// What a run under load hears, and when it gives a query up.

#include "clock_offset.hpp"
#include "volley.hpp"
#include "volley_buffers.hpp"

#include <cerrno>
#include <utility>
#include <vector>

namespace sonde::dns {
namespace {

constexpr int kReadsMost = 64; // before what has timed out is judged

} // namespace

void Volley::take_stamps(Lane &lane)
{
    std::uint64_t bytes = 0;
    int count = VolleyBuffers::kReceive;
    while (count == static_cast<int>(VolleyBuffers::kReceive)) {
        count = errors_->read_errors(lane.fd.get());
        if (count > 0)
            watch_clock();
        for (int i = 0; i < count; ++i) {
            const auto [event, payload] = errors_->error(static_cast<std::size_t>(i));
            if (const auto *stamp = std::get_if<SendStamp>(&event)) {
                const auto id = looped_id(payload, lane.port);
                Slots::Slot *slot = id ? lane.slots.find(*id) : nullptr;
                if (slot != nullptr) {
                    note_stamp(lane, *slot, *stamp);
                    bytes += stamp->at_driver ? count_query(lane, *slot) : 0;
                }
                driver_stamps_[lane.server] = driver_stamps_[lane.server] || stamp->at_driver;
                if (stamp->at_driver && !lane.driver_stamps)
                    lane.driver_stamps = lane.stamps_both || enable_stamps(lane.fd.get(), ip_of(lane).family,
                                                                           SendStamps::of_many_at_driver);
            } else if (const auto *error = std::get_if<IcmpError>(&event)) {
                take_error(lane, *error, payload);
            }
        }
    }
    if (bytes > 0)
        host_.count(&host_, bytes, 0);
}

void Volley::note_stamp(Lane &lane, Slots::Slot &slot, const SendStamp &stamp)
{
    (stamp.at_driver ? slot.sent : slot.queued) = stamp.ns;
    if (!stamp.at_driver)
        return;
    Tally &tally = tally_of(lane);
    if (slot.queued != 0 && slot.sent >= slot.queued && slot.epoch == epoch_)
        tally.add_local_queue(slot.sent - slot.queued);
    if (std::exchange(slot.unsent, false)) { // it has left after all
        tally.withdraw(Outcome::unsent);
        tally.add(Outcome::timeout, std::nullopt);
    }
}

// Bytes of a query that is known to have left, once.
std::uint64_t Volley::count_query(const Lane &lane, Slots::Slot &slot) const
{
    if (std::exchange(slot.counted, true))
        return 0;
    return datagram_bytes(ip_of(lane).family, slot.size, routes_[lane.server].mtu);
}

// `message`: as much of the query as was quoted.
void Volley::take_error(Lane &lane, const IcmpError &error, Octets message)
{
    if (message.size() < 2)
        return;
    Slots::Slot *slot = lane.slots.find(static_cast<std::uint16_t>(message[0] << 8 | message[1]));
    if (slot == nullptr)
        return;
    if (!error.local)
        host_.count(&host_, count_query(lane, *slot),
                    error_bytes(ip_of(lane).family, datagram_bytes(ip_of(lane).family, slot->size, std::nullopt)));
    if (slot->state != Slots::State::waiting)
        return;
    lane.slots.settle(*slot, Slots::State::over);
    tally_of(lane).add(error.local ? Outcome::unsent : Outcome::icmp_error, std::nullopt);
}

// False: there was nothing.
bool Volley::take_answers(Lane &lane)
{
    int count = buffers_->read_answers(lane.fd.get());
    if (count < 0 && !is_no_room(errno))
        count = buffers_->read_answers(lane.fd.get()); // an ICMP error is told here once as well
    if (count <= 0)
        return false;
    watch_clock();
    note_drops(lane);
    std::uint64_t bytes = 0;
    for (int i = 0; i < count; ++i) {
        const auto [datagram, octets] = buffers_->answer(static_cast<std::size_t>(i));
        bytes += datagram_bytes(ip_of(lane).family, datagram.size, routes_[lane.server].mtu);
        take(lane, datagram, octets);
    }
    host_.count(&host_, 0, bytes);
    return true;
}

void Volley::take(Lane &lane, const Datagram &datagram, Octets octets)
{
    Slots::Slot *slot =
        octets.size() < 2 ? nullptr : lane.slots.find(static_cast<std::uint16_t>(octets[0] << 8 | octets[1]));
    const plugin::Endpoint asked = {ip_of(lane), settings_.port_of(Transport::udp)};
    if (slot == nullptr || !plugin::same_endpoint(asked, datagram.from) ||
        check_answer(slot->query(), octets, settings_.mixed_case) != Match::answer) {
        tally_of(lane).add(Outcome::mismatch, std::nullopt);
        return;
    }
    if (slot->sent == 0 && slot->state != Slots::State::over)
        take_stamps(lane); // they came before this answer, and after the last look
    if (!slot->counted)
        host_.count(&host_, count_query(lane, *slot), 0);
    Tally &tally = tally_of(lane);
    const auto time = response_time(*slot, datagram);
    if (slot->state == Slots::State::over)
        return tally.add(Outcome::second_answer, std::nullopt);
    // Its stamps say when it came, whenever this loop got to see it; without any it is late if it was waited for in
    // vain.
    const bool waited = slot->state == Slots::State::timed_out;
    const bool late = time ? *time > settings_.timeout.count() : waited;
    const bool truncated = (octets[2] & 0x02) != 0;
    if (waited)
        tally.withdraw(std::exchange(slot->unsent, false) ? Outcome::unsent : Outcome::timeout);
    tally.add(late ? Outcome::late : truncated ? Outcome::truncated : Outcome::answer, time);
    lane.slots.settle(*slot, Slots::State::over);
}

std::optional<std::int64_t> Volley::response_time(const Slots::Slot &slot, const Datagram &datagram) const
{
    const std::int64_t begun = slot.sent != 0 ? slot.sent : slot.queued;
    if (begun == 0 || !datagram.received || slot.epoch != epoch_ || *datagram.received < begun)
        return std::nullopt;
    return *datagram.received - begun;
}

// Stamps from before and after somebody set the clock make no difference that means anything.
void Volley::watch_clock()
{
    const std::int64_t offset = host_.now(&host_, SONDE_CLOCK_WALL) - host_.now(&host_, SONDE_CLOCK_MONOTONIC);
    if (!clock_stepped(clock_offset_, offset))
        return;
    const std::int64_t exact = clock_offset(host_); // perhaps we only lost the processor between two readings
    if (clock_stepped(clock_offset_, exact))
        ++epoch_;
    clock_offset_ = exact;
}

void Volley::end_waits(Lane &lane)
{
    const auto expired = [&]() -> Slots::Slot * {
        Slots::Slot *slot = lane.slots.oldest();
        return slot != nullptr && now_ - slot->begun > settings_.timeout.count() ? slot : nullptr;
    };
    if (expired() == nullptr)
        return;
    // What lies there came in time; this loop was just not at it.
    for (int i = 0; i < kReadsMost && take_answers(lane); ++i) {
    }
    take_stamps(lane);
    note_drops(lane);
    while (Slots::Slot *slot = expired()) {
        const bool never_left = std::erase(lane.ready, slot) > 0;
        const bool here = lane.dropped_at >= slot->begun;
        slot->unsent =
            !never_left && !here && driver_stamps_[lane.server] && slot->sent == 0; // it lies in our own queue
        tally_of(lane).add(never_left || slot->unsent ? Outcome::unsent
                           : here                     ? Outcome::dropped_here
                                                      : Outcome::timeout,
                           std::nullopt);
        lane.slots.settle(*slot, never_left || here ? Slots::State::over : Slots::State::timed_out);
    }
}

void Volley::note_drops(Lane &lane)
{
    if (drops_.since(lane.fd.get(), lane.drops))
        lane.dropped_at = now_;
}

} // namespace sonde::dns
