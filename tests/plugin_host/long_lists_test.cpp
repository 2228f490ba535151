#include "plugin_host/long_lists.hpp"

#include "support/catch.hpp"

#include <string>

using namespace sonde;
using namespace sonde::frames;
using plugin_host::take_out_long_lists;

namespace {

OptionValue list_of(std::size_t count, const std::string &text)
{
    OptionValue value{true, {}};
    for (std::size_t i = 0; i < count; ++i)
        value.items.push_back({static_cast<std::int64_t>(i), 0, text});
    return value;
}

} // namespace

TEST_CASE("options that fit their packet stay in it")
{
    Invoke invoke;
    invoke.values = {list_of(1000, "192.0.2.1"), {false, {{7, 0, ""}}}};
    const Invoke before = invoke;
    const auto messages = take_out_long_lists(invoke);
    REQUIRE(messages);
    CHECK(messages->empty());
    CHECK(invoke == before);
}

TEST_CASE("what does not fit its packet follows in others, in order and whole")
{
    for (const std::size_t count : {5000u, 20000u}) {
        Invoke invoke;
        invoke.values = {
            {false, {{7, 0, "x"}}}, list_of(count, "2001:db8:1234:5678:9abc:def0:1234:5678"), list_of(3, "short")};
        const auto before = invoke.values;
        const auto messages = take_out_long_lists(invoke);
        REQUIRE(messages);
        CHECK(invoke.more_items);
        CHECK(encode(AgentToRunner(invoke)));
        CHECK(invoke.values[0] == before[0]);
        for (const Frame &frame : *messages) {
            auto message = decode<AgentToRun>(frame);
            REQUIRE(message);
            MoreItems &more = std::get<MoreItems>(*message);
            auto &items = invoke.values[more.option].items;
            items.insert(items.end(), more.items.begin(), more.items.end());
        }
        CHECK(invoke.values == before);
    }
}

TEST_CASE("an item that is too long for any packet is an error")
{
    Invoke invoke;
    invoke.values = {list_of(1, std::string(kFrameBytesMax, 'x'))};
    CHECK_FALSE(take_out_long_lists(invoke));
    Invoke scalar;
    scalar.values = {{false, {{0, 0, std::string(kFrameBytesMax, 'x')}}}};
    CHECK(take_out_long_lists(scalar)->empty());
    CHECK_FALSE(encode(AgentToRunner(scalar)));
}
