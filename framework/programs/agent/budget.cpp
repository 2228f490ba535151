#include "budget.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>

namespace sonde::agent {

Budget::Budget(asio::any_io_executor executor, spool::Spool &spool, std::shared_ptr<Log> log,
               std::function<Day()> today)
    : executor_(std::move(executor)), spool_(spool), log_(std::move(log)), today_(std::move(today))
{
}

void Budget::restore(const std::map<Day, std::uint64_t> &booked)
{
    for (const auto &[day, bytes] : booked)
        days_[day] = {bytes, bytes};
}

std::uint64_t Budget::used() const
{
    const auto found = days_.find(today_());
    return found == days_.end() ? 0 : found->second.used;
}

// How much more to book. Never beyond the limit: a crash must not look like a day that was overdrawn.
std::int64_t Budget::wanted(const Account &account, std::uint64_t limit) const
{
    const std::uint64_t cushion = std::max(kCushion, live_bytes_);
    const std::uint64_t aim = std::max(account.used, std::min(account.used + cushion, limit));
    // Half a cushion is there to be used while the other half is being booked.
    if (account.booked >= account.used + cushion / 2 || account.booked >= aim)
        return 0;
    return static_cast<std::int64_t>(aim - account.booked);
}

asio::awaitable<Result<void>> Budget::make_ready(std::uint64_t limit)
{
    const Day day = today_();
    const std::int64_t more = wanted(days_[day], limit);
    if (more == 0 && !trouble_)
        co_return Result<void>();
    Result<void> booked = co_await book(day, more);
    co_return booked;
}

asio::awaitable<Result<void>> Budget::commit(Day day, std::int64_t bytes)
{
    Result<void> booked = co_await spool_.book_bytes(day, bytes);
    if (booked) {
        trouble_.reset();
    } else {
        reserve(day, -bytes);
        trouble_ = booked.error();
        log_->error("bytes not booked error={}", quoted(to_string(booked.error())));
    }
    co_return booked;
}

// Modulo 2^64, so it takes back as well.
void Budget::reserve(Day day, std::int64_t bytes)
{
    days_[day].booked += static_cast<std::uint64_t>(bytes);
}

asio::awaitable<Result<void>> Budget::book(Day day, std::int64_t bytes)
{
    reserve(day, bytes);
    return commit(day, bytes);
}

void Budget::spawn_book(Day day, std::int64_t bytes)
{
    asio::co_spawn(executor_, book(day, bytes), [](std::exception_ptr error, Result<void>) {
        if (error)
            std::rethrow_exception(error);
    });
}

void Budget::give_back(std::uint64_t keep)
{
    const Day day = today_();
    for (const auto &[that, account] : days_) {
        const std::uint64_t kept = account.used + (that == day ? keep : 0);
        if (account.booked > kept)
            spawn_book(that, -static_cast<std::int64_t>(account.booked - kept));
    }
}

asio::awaitable<void> Budget::settle()
{
    for (auto &[day, account] : days_)
        if (account.booked > account.used)
            co_await book(day, -static_cast<std::int64_t>(account.booked - account.used));
}

Budget::Meter::Meter(Budget &budget, std::uint64_t limit) : budget_(budget), limit_(limit)
{
    ++budget_.meters_;
}

Budget::Meter::~Meter()
{
    budget_.live_bytes_ -= own_;
    // What small runs leave of the cushion is there for the next ones, without a commit for each.
    if (--budget_.meters_ == 0)
        budget_.give_back(kCushion);
}

Result<void> Budget::Meter::count(std::uint64_t total)
{
    const std::uint64_t more = total - std::min(total, own_);
    const Day day = budget_.today_();
    Account &account = budget_.days_[day];
    own_ += more;
    budget_.live_bytes_ += more;
    account.used += more;
    if (const std::int64_t missing = budget_.wanted(account, limit_); missing > 0)
        budget_.spawn_book(day, missing);
    if (account.used > limit_)
        return Error{"", "stopped at the day's limit: " + std::to_string(limit_) + " bytes", ""};
    if (budget_.trouble_)
        return Error{"", "its bytes could not be booked: " + to_string(*budget_.trouble_), ""};
    return {};
}

} // namespace sonde::agent
