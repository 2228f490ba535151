#include "programs/agent/coroutines.hpp"

#include "support/catch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>

using namespace sonde::agent;
using namespace std::chrono_literals;

namespace {

// Counts what is in scope, as a part of a program that is used until the very end.
struct Visit {
    explicit Visit(int &count) : visitors(count) { ++visitors; }
    ~Visit() { --visitors; }
    Visit(const Visit &) = delete;
    Visit &operator=(const Visit &) = delete;
    int &visitors;
};

// Heeds no error of what it waits for.
asio::awaitable<void> stay(int &visitors)
{
    const Visit visit(visitors);
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (;;) {
        timer.expires_after(1h);
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<void> stay_within(int &visitors)
{
    const Visit visit(visitors);
    co_await stay(visitors);
}

asio::awaitable<void> complain()
{
    co_await asio::this_coro::executor;
    throw std::runtime_error("something is wrong");
}

} // namespace

TEST_CASE("what still waits when the loop has stopped ends before what it uses, whatever else comes about")
{
    int visitors = 0;
    asio::io_context loop;
    Coroutines coroutines(loop);
    for (int i = 0; i < 3; ++i)
        coroutines.spawn(stay_within(visitors));
    loop.poll();
    REQUIRE(visitors == 6);
    coroutines.spawn(complain());
    CHECK_THROWS_WITH(loop.run(), "something is wrong");
    CHECK(visitors == 6);
    coroutines.spawn(complain());
    CHECK(coroutines.end(60s));
    CHECK(visitors == 0);
    CHECK(coroutines.end(0s));
}

TEST_CASE("what cannot be cancelled is told of after the time for it")
{
    int visitors = 0;
    asio::io_context loop;
    Coroutines coroutines(loop);
    coroutines.spawn([](int &count) -> asio::awaitable<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await stay(count);
    }(visitors));
    CHECK_FALSE(coroutines.end(50ms));
    CHECK(visitors == 1);
}
