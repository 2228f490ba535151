#include "news.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sonde::controller {

News::Subscription::Subscription(News &news, const Uuid &agent, const asio::any_io_executor &executor)
    : news_(news), place_(news.waiting_.emplace(agent, this)), timer_(executor)
{
}

News::Subscription::~Subscription()
{
    news_.waiting_.erase(place_);
}

asio::awaitable<void> News::Subscription::wait(std::chrono::steady_clock::time_point until)
{
    if (announced_)
        co_return;
    timer_.expires_at(until);
    boost::system::error_code error;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    // Only an announcement ends the wait quietly; a client that left unwinds the poll.
    if (error && !announced_)
        throw boost::system::system_error(error);
}

void News::wake(Subscription &waiting)
{
    waiting.announced_ = true;
    waiting.timer_.cancel();
}

void News::announce(const Uuid &agent)
{
    const auto [begin, end] = waiting_.equal_range(agent);
    for (auto place = begin; place != end; ++place)
        wake(*place->second);
}

void News::announce_all()
{
    for (const auto &[agent, waiting] : waiting_)
        wake(*waiting);
}

} // namespace sonde::controller
