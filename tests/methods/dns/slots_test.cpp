#include "slots.hpp"

#include "support/catch.hpp"

#include <map>
#include <random>

using namespace sonde::dns;

namespace {

Drawer drawer(std::mt19937 &random)
{
    return Drawer([&random](void *bytes, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            static_cast<std::uint8_t *>(bytes)[i] = static_cast<std::uint8_t>(random());
    });
}

} // namespace

TEST_CASE("whatever is waiting is found by its id, in the order of its beginning")
{
    std::mt19937 random(2);
    Drawer ids = drawer(random);
    Slots slots(100, 1000);
    std::map<std::int64_t, std::uint16_t> model; // by the time of beginning
    for (std::int64_t now = 1; now < 20000; ++now) {
        if (!slots.full() && random() % 2 == 0) {
            model[now] = slots.take(ids, now).id;
        } else if (!model.empty()) {
            auto one = model.begin();
            std::advance(one, static_cast<std::ptrdiff_t>(random() % model.size()));
            Slots::Slot *slot = slots.find(one->second);
            REQUIRE(slot != nullptr);
            REQUIRE(slot->begun == one->first);
            slots.settle(*slot, random() % 3 == 0 ? Slots::State::timed_out : Slots::State::over);
            model.erase(one);
        }
        REQUIRE(slots.waiting() == model.size());
        REQUIRE(slots.room() == 100 - model.size());
        const Slots::Slot *oldest = slots.oldest();
        REQUIRE((oldest == nullptr) == model.empty());
        if (oldest != nullptr)
            REQUIRE(oldest->id == model.begin()->second);
    }
}

TEST_CASE("ids are drawn from all that there are")
{
    std::mt19937 random(6);
    Drawer ids = drawer(random);
    Slots slots(1, 0);
    std::uint32_t seen[16] = {};
    for (int i = 0; i < 16000; ++i) {
        Slots::Slot &slot = slots.take(ids, i);
        ++seen[slot.id >> 12];
        slots.settle(slot, Slots::State::over);
    }
    for (const std::uint32_t count : seen)
        CHECK((count > 800 && count < 1200));
}

TEST_CASE("what has timed out is still known as long as it is kept, and gives way when nothing else is free")
{
    std::mt19937 random(1);
    Drawer ids = drawer(random);
    Slots slots(4, 1'000'000);
    const std::uint16_t id = slots.take(ids, 0).id;
    slots.settle(*slots.find(id), Slots::State::timed_out);
    for (int i = 0; i < 50; ++i)
        slots.settle(slots.take(ids, 10), Slots::State::over);
    REQUIRE(slots.find(id) != nullptr);
    CHECK(slots.find(id)->state == Slots::State::timed_out);
    for (int i = 0; i < 1000; ++i)
        slots.settle(slots.take(ids, 10), Slots::State::timed_out);
    CHECK(slots.waiting() == 0);
}
