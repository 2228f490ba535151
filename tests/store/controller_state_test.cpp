#include "store/controller_state.hpp"

#include "store_support.hpp"

using namespace sonde;
using namespace sonde::test;

namespace {

ControllerState open_state(const std::filesystem::path &file)
{
    auto state = ControllerState::open(file);
    REQUIRE(state);
    return std::move(*state);
}

} // namespace

TEST_CASE("an agent's instruction keeps its ETag until its text changes")
{
    const TempDir dir;
    const auto agent = random_uuid();
    std::string etag;
    {
        auto state = open_state(dir / "k.db");
        const auto none = await(state.instruction(agent));
        REQUIRE(none);
        CHECK_FALSE(none->has_value());
        const auto first = await(state.set_instruction(agent, "{1}", "operator", at(1)));
        REQUIRE(first);
        etag = first->etag;
        CHECK_FALSE(etag.empty());
        CHECK(first->text == "{1}");
        const auto same = await(state.set_instruction(agent, "{1}", "other", at(2)));
        CHECK(same == first);
    }
    auto state = open_state(dir / "k.db");
    const auto kept = await(state.instruction(agent));
    REQUIRE(kept);
    CHECK(*kept == AgentInstruction{agent, "{1}", etag, at(1), "operator"});
    const auto changed = await(state.set_instruction(agent, "{2}", "other", at(3)));
    CHECK(changed->etag != etag);
    CHECK(changed->set_by == "other");
    // Back to the old text is a new state all the same: an agent may have either in its memory.
    CHECK(await(state.set_instruction(agent, "{1}", "other", at(4)))->etag != etag);
}

TEST_CASE("agents are known by an instruction, a visit or capabilities")
{
    const TempDir dir;
    auto state = open_state(dir / "k.db");
    const auto instructed = random_uuid();
    const auto seen = random_uuid();
    const auto capable = random_uuid();
    const auto etag = await(state.set_instruction(instructed, "{}", "operator", at(1)))->etag;
    REQUIRE(await(state.seen(seen, std::nullopt, at(2))));
    REQUIRE(await(state.seen(seen, "e1", at(3))));
    REQUIRE(await(state.seen(seen, std::nullopt, at(4))));
    REQUIRE(await(state.set_capabilities(capable, "{\"a\":1}", at(5))));
    REQUIRE(await(state.add_failures(capable, {{at(6), "plugin", "x.so", "damaged"}}, at(7))));
    const auto agents = await(state.agents({}, SIZE_MAX));
    REQUIRE(agents);
    REQUIRE(agents->size() == 3);
    for (const auto &agent : *agents) {
        CHECK(agent.etag == (agent.agent == instructed ? std::optional(etag) : std::nullopt));
        CHECK(agent.applied_etag == (agent.agent == seen ? std::optional<std::string>("e1") : std::nullopt));
        CHECK(agent.failures == (agent.agent == capable ? 1 : 0));
        if (agent.agent == seen)
            CHECK(agent.last_seen == at(4));
        if (agent.agent == capable) {
            CHECK(agent.capabilities == "{\"a\":1}");
            CHECK(agent.capabilities_at == at(5));
            CHECK(agent.last_seen == at(5));
        }
        if (agent.agent == instructed)
            CHECK_FALSE(agent.last_seen);
    }
    std::vector<Uuid> paged;
    for (auto page = await(state.agents({}, 1)); !page->empty(); page = await(state.agents(paged.back(), 1)))
        paged.push_back(page->back().agent);
    REQUIRE(paged.size() == 3);
    CHECK(std::is_sorted(paged.begin(), paged.end()));
}

TEST_CASE("failures come newest first, an agent's newest thousand are kept")
{
    const TempDir dir;
    auto state = open_state(dir / "k.db");
    const auto one = random_uuid();
    const auto two = random_uuid();
    std::vector<model::Failure> many;
    for (int i = 0; i < 1005; ++i)
        many.push_back({at(i), "report", "", std::to_string(i), {one, static_cast<std::uint64_t>(i)}});
    REQUIRE(await(state.add_failures(one, many, at(2000))));
    REQUIRE(await(state.add_failures(two, {{at(1), "policy", "/p", "refused"}}, at(3000))));
    const auto all = await(state.failures(std::nullopt, INT64_MAX, 10'000, SIZE_MAX));
    REQUIRE(all->size() == 1001);
    CHECK(all->front().agent == two);
    CHECK(all->front().failure == model::Failure{at(1), "policy", "/p", "refused"});
    CHECK(all->front().received == at(3000));
    CHECK(all->back().failure.message == "5");
    const auto some = await(state.failures(one, INT64_MAX, 3, SIZE_MAX));
    REQUIRE(some->size() == 3);
    CHECK(some->front().failure.message == "1004");
    const auto next = await(state.failures(one, some->back().id, 3, 1));
    REQUIRE(next->size() == 1);
    CHECK(next->front().failure.message == "1001");
}

TEST_CASE("a failure that arrives twice is stored once, and another agent's with the same numbers is another")
{
    const TempDir dir;
    const auto agent = random_uuid();
    const auto epoch = random_uuid();
    const model::Failure first{at(1), "plugin", "x.so", "damaged", {epoch, 1}};
    const model::Failure second{at(2), "plugin", "x.so", "damaged", {epoch, 2}};
    {
        auto state = open_state(dir / "k.db");
        REQUIRE(await(state.add_failures(agent, {first}, at(3))));
        REQUIRE(await(state.add_failures(agent, {first, second, second}, at(4))));
    }
    auto state = open_state(dir / "k.db");
    REQUIRE(await(state.add_failures(agent, {second}, at(5))));
    const auto known = await(state.failures(agent, INT64_MAX, 10, SIZE_MAX));
    REQUIRE(known->size() == 2);
    CHECK(known->front().failure == second);
    CHECK(known->front().received == at(4));
    CHECK(known->back().failure == first);
    REQUIRE(await(state.add_failures(random_uuid(), {first}, at(6))));
    REQUIRE(await(state.add_failures(agent, {{at(1), "plugin", "x.so", "damaged", {random_uuid(), 1}}}, at(7))));
    CHECK(await(state.failures(std::nullopt, INT64_MAX, 10, SIZE_MAX))->size() == 4);
}

TEST_CASE(
    "what an agent counts is kept from when its instruction is in force, over a reopening, and its polls since a break")
{
    using namespace std::chrono_literals;
    const TempDir dir;
    const auto agent = random_uuid();
    const auto poll = [&](ControllerState &state, WallTime when, std::uint64_t planned,
                          const std::string &etag = "e1") {
        const auto triggered = when == at(60) ? std::nullopt : std::optional(planned + 1);
        REQUIRE(await(state.seen(agent, etag, when, AgentAccounts{planned, 0, 0s, triggered})));
    };
    {
        auto state = open_state(dir / "k.db");
        REQUIRE(await(state.set_instruction(agent, "{}", "operator", at(0))));
        poll(state, at(0), 5, "e0");
        poll(state, at(60), 6);
        poll(state, at(120), 7);
    }
    auto state = open_state(dir / "k.db");
    const auto known = [&] { return await(state.agents({}, SIZE_MAX))->at(0); };
    CHECK(known().marks == std::vector<AgentMark>{{at(60), 6, 6}});
    CHECK(known().polled_since == at(0));
    CHECK(known().instruction == "{}");
    poll(state, at(120 + 700), 9);
    CHECK(known().marks == std::vector<AgentMark>{{at(60), 6, 6}, {at(820), 9, 10}});
    CHECK(known().accounts->triggered == 10);
    CHECK(known().polled_since == at(820));
    REQUIRE(await(state.set_capabilities(agent, "{}", at(2000))));
    CHECK(known().polled == at(820));
    poll(state, at(900), 3);
    CHECK(known().marks == std::vector<AgentMark>{{at(900), 3, 4}});
    CHECK(known().polled_since == at(820));
}
