#include "plugin_host/turns.hpp"

#include "support/catch.hpp"

#include <memory>
#include <optional>
#include <vector>

using namespace sonde::plugin_host;

namespace {

struct Line {
    std::shared_ptr<Turns> turns = std::make_shared<Turns>();
    std::vector<int> came;

    Turns::Turn ask(int who, bool exclusive)
    {
        return turns->ask(exclusive, [this, who] { came.push_back(who); });
    }
};

} // namespace

TEST_CASE("methods run side by side, and an exclusive one waits for them and they for it")
{
    Line line;
    std::optional first = line.ask(1, false);
    std::optional second = line.ask(2, false);
    CHECK(first->come());
    CHECK(second->come());
    std::optional alone = line.ask(3, true);
    std::optional later = line.ask(4, false);
    CHECK_FALSE(alone->come());
    CHECK_FALSE(later->come());
    first.reset();
    CHECK_FALSE(alone->come());
    second.reset();
    CHECK(alone->come());
    CHECK_FALSE(later->come());
    alone.reset();
    CHECK(later->come());
    CHECK(line.came == std::vector{1, 2, 3, 4});
}

TEST_CASE("two exclusive methods run one after the other")
{
    Line line;
    std::optional first = line.ask(1, true);
    std::optional second = line.ask(2, true);
    CHECK(first->come());
    CHECK_FALSE(second->come());
    first.reset();
    CHECK(second->come());
}

TEST_CASE("who gives up waiting lets those behind it come")
{
    Line line;
    const auto running = line.ask(1, false);
    std::optional alone = line.ask(2, true);
    std::optional behind = line.ask(3, false);
    CHECK_FALSE(behind->come());
    alone.reset();
    CHECK(behind->come());
    CHECK(line.came == std::vector{1, 3});
}
