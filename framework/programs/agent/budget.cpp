#include "budget.hpp"

#include "bucket.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>

namespace sonde::agent {

namespace {

// What the spool's integers hold.
constexpr std::uint64_t kMostBytes = INT64_MAX;

std::uint64_t cushion_within(std::uint64_t wanted, std::uint64_t limit)
{
    return std::min(wanted, limit / Budget::kCushionShare);
}

} // namespace

struct Budget::Books : std::enable_shared_from_this<Books> {
    struct Account {
        std::uint64_t used = 0;
        std::uint64_t booked = 0; // durable, or on its way to be
        std::uint64_t on_its_way = 0;

        std::uint64_t durable() const { return booked - std::min(booked, on_its_way); }
    };

    Books(asio::any_io_executor for_bookings, spool::Spool &books_in, std::shared_ptr<Log> log_to,
          std::function<Day()> tells_the_day)
        : executor(std::move(for_bookings)), spool(books_in), log(std::move(log_to)), today(std::move(tells_the_day))
    {
    }

    std::uint64_t cushion(std::uint64_t limit) const { return cushion_within(std::max(kCushion, live_bytes), limit); }
    std::uint64_t aim(const Account &account, std::uint64_t limit) const;
    std::uint64_t least(const Account &account, std::uint64_t limit) const;
    std::int64_t wanted(const Account &account, std::uint64_t limit) const;
    void reserve(Day day, std::int64_t bytes);
    // Reserves at once, and commits when awaited.
    asio::awaitable<Result<void>> book(Day day, std::int64_t bytes);
    static asio::awaitable<Result<void>> commit(std::shared_ptr<Books> books, Day day, std::int64_t bytes);
    void spawn_book(Day day, std::int64_t bytes);
    void give_back(std::uint64_t keep);
    // Booked and not used, of all days.
    std::uint64_t reserved() const;

    asio::any_io_executor executor;
    spool::Spool &spool;
    std::shared_ptr<Log> log;
    std::function<Day()> today;
    std::map<Day, Account> days{};
    std::uint64_t live_bytes = 0;     // of the runs under way, whatever their day
    std::uint64_t promised_bytes = 0; // what they may still use
    Bucket bucket{};
    std::map<std::string, std::uint64_t> counted_on{};
    unsigned meters = 0;
    std::optional<Error> trouble{}; // why the last booking is not durable
};

// How much is to be booked. Never beyond the limit: a crash must not look like a day that was overdrawn.
std::uint64_t Budget::Books::aim(const Account &account, std::uint64_t limit) const
{
    return std::max(account.used, std::min({account.used + cushion(limit), limit, kMostBytes}));
}

// Half a cushion is there to be used while the other half is being booked.
std::uint64_t Budget::Books::least(const Account &account, std::uint64_t limit) const
{
    return std::min(account.used + cushion(limit) / 2, aim(account, limit));
}

std::int64_t Budget::Books::wanted(const Account &account, std::uint64_t limit) const
{
    return account.booked >= least(account, limit) ? 0
                                                   : static_cast<std::int64_t>(aim(account, limit) - account.booked);
}

void Budget::Books::reserve(Day day, std::int64_t bytes)
{
    Account &account = days[day];
    account.booked += static_cast<std::uint64_t>(bytes); // modulo 2^64, so it takes back as well
    if (bytes > 0)
        account.on_its_way += static_cast<std::uint64_t>(bytes);
}

asio::awaitable<Result<void>> Budget::Books::book(Day day, std::int64_t bytes)
{
    reserve(day, bytes);
    return commit(shared_from_this(), day, bytes);
}

asio::awaitable<Result<void>> Budget::Books::commit(std::shared_ptr<Books> books, Day day, std::int64_t bytes)
{
    const std::optional<spool::Bucket> kept = books->bucket.kept(books->reserved(), now());
    Result<void> booked = co_await books->spool.book_bytes(day, bytes, kept);
    Account &account = books->days[day];
    if (bytes > 0)
        account.on_its_way -= static_cast<std::uint64_t>(bytes);
    if (booked) {
        books->trouble.reset();
    } else {
        account.booked -= static_cast<std::uint64_t>(bytes);
        books->trouble = booked.error();
        books->log->error("bytes not booked error={}", quoted(to_string(booked.error())));
    }
    co_return booked;
}

void Budget::Books::spawn_book(Day day, std::int64_t bytes)
{
    asio::co_spawn(executor, book(day, bytes), [](std::exception_ptr error, Result<void>) {
        if (error)
            std::rethrow_exception(error);
    });
}

void Budget::Books::give_back(std::uint64_t keep)
{
    const Day now = today();
    for (const auto &[day, account] : days) {
        const std::uint64_t kept = account.used + (day == now ? keep : 0);
        if (account.booked > kept)
            spawn_book(day, -static_cast<std::int64_t>(account.booked - kept));
    }
}

std::uint64_t Budget::Books::reserved() const
{
    std::uint64_t sum = 0;
    for (const auto &[day, account] : days)
        sum += std::min(account.booked - std::min(account.booked, account.used), kMostBytes - sum);
    return sum;
}

Budget::Budget(asio::any_io_executor executor, spool::Spool &spool, std::shared_ptr<Log> log,
               std::function<Day()> today)
    : books_(std::make_shared<Books>(std::move(executor), spool, std::move(log), std::move(today)))
{
}

void Budget::restore(const std::map<Day, std::uint64_t> &booked, std::optional<spool::Bucket> bucket)
{
    for (const auto &[day, bytes] : booked)
        books_->days[day] = {bytes, bytes, 0};
    books_->bucket.restore(bucket);
}

void Budget::set_bucket(std::optional<std::uint64_t> rate, std::optional<std::uint64_t> burst)
{
    books_->bucket.set(rate, burst, now());
}

std::uint64_t Budget::used_of_bucket() const
{
    return books_->bucket.used(now().monotonic);
}

std::uint64_t Budget::used() const
{
    const auto found = books_->days.find(books_->today());
    return found == books_->days.end() ? 0 : found->second.used;
}

std::uint64_t Budget::used_this_month() const
{
    const std::chrono::year_month_day today(books_->today());
    const Day first = today.year() / today.month() / 1;
    const Day last = today.year() / today.month() / std::chrono::last;
    std::uint64_t sum = 0;
    for (auto it = books_->days.lower_bound(first); it != books_->days.end() && it->first <= last; ++it)
        sum += std::min(it->second.used, kMostBytes - sum);
    return sum;
}

std::uint64_t Budget::counted_on(const std::string &interface) const
{
    const auto found = books_->counted_on.find(interface);
    return found == books_->counted_on.end() ? 0 : found->second;
}

std::uint64_t Budget::promised() const
{
    return books_->promised_bytes;
}

asio::awaitable<Result<void>> Budget::make_ready(std::uint64_t limit)
{
    const std::shared_ptr<Books> books = books_;
    const Day day = books->today();
    const Books::Account &account = books->days[day];
    // What another run has reserved is no cushion before it is durable. The spool writes one after the other, so what
    // was on its way is there when the next booking is, be it of nothing.
    while (books->trouble || account.durable() < books->least(account, limit)) {
        Result<void> booked = co_await books->book(day, books->wanted(account, limit));
        if (!booked)
            co_return booked;
    }
    co_return Result<void>();
}

asio::awaitable<void> Budget::settle()
{
    const std::shared_ptr<Books> books = books_;
    for (auto &[day, account] : books->days)
        if (account.booked > account.used)
            co_await books->book(day, -static_cast<std::int64_t>(account.booked - account.used));
}

// No promise is more than the limit, so that no sum of them goes round.
Budget::Meter::Meter(const Budget &budget, std::uint64_t limit, std::optional<std::uint64_t> declared,
                     std::string interface)
    : books_(budget.books_), limit_(limit), promised_(std::min({declared.value_or(0), limit, kMostBytes})),
      interface_(std::move(interface))
{
    ++books_->meters;
    books_->promised_bytes += promised_;
}

Budget::Meter::~Meter()
{
    books_->live_bytes -= own_;
    books_->promised_bytes -= promised_;
    // What small runs leave of the cushion is there for the next ones, without a commit for each.
    if (--books_->meters == 0)
        books_->give_back(cushion_within(kCushion, limit_));
}

Result<void> Budget::Meter::count(std::uint64_t total)
{
    const Day day = books_->today();
    Books::Account &account = books_->days[day];
    // No count is more than what is left up to the greatest number, so that none goes round.
    const std::uint64_t room = kMostBytes - std::min(kMostBytes, std::max(account.used, books_->live_bytes));
    const std::uint64_t more = std::min(total - std::min(total, own_), room);
    own_ += more;
    books_->bucket.spend(more, now().monotonic);
    books_->counted_on[interface_] += more;
    const std::uint64_t kept = std::min(more, promised_);
    promised_ -= kept;
    books_->promised_bytes -= kept;
    books_->live_bytes += more;
    account.used += more;
    if (const std::int64_t missing = books_->wanted(account, limit_); missing > 0)
        books_->spawn_book(day, missing);
    if (books_->trouble)
        return *books_->trouble;
    return {};
}

} // namespace sonde::agent
