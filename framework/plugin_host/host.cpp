#include "plugin_host/host.hpp"

#include "plugin_host/launcher_link.hpp"
#include "plugin_host/run.hpp"
#include "plugin_host/runner.hpp"
#include "plugin_host/runner_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace sonde::plugin_host {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kProbeTimeout{5};

} // namespace

asio::awaitable<Result<void>> RowSink::batch_end()
{
    co_return Result<void>{};
}

Host Host::connect(asio::any_io_executor executor, std::filesystem::path socket, std::shared_ptr<Log> log,
                   HostSettings settings)
{
    return Host(std::make_shared<RunnerPool>(executor, LauncherPlace{std::move(socket), {}, {}, {}, {}, {}},
                                             std::move(log), settings));
}

Host Host::spawn(asio::any_io_executor executor, std::filesystem::path launcher, std::filesystem::path runner,
                 std::shared_ptr<Log> log, HostSettings settings, std::optional<Attendance> attendance)
{
    LauncherPlace place{
        {}, std::move(launcher), std::move(runner), settings.launcher_log, settings.readable, std::move(attendance)};
    return Host(std::make_shared<RunnerPool>(executor, std::move(place), std::move(log), settings));
}

Host::Host(std::shared_ptr<RunnerPool> pool) : pool_(std::move(pool))
{
    pool_->listen();
}

Host::Host(Host &&) noexcept = default;

Host &Host::operator=(Host &&other) noexcept
{
    if (pool_)
        pool_->close();
    pool_ = std::move(other.pool_);
    return *this;
}

Host::~Host()
{
    if (pool_)
        pool_->close();
}

const asio::any_io_executor &Host::executor() const
{
    return pool_->executor();
}

bool Host::admits(const std::filesystem::path &plugin, const std::string &hash) const
{
    const Admit &admit = pool_->settings().admit;
    return !admit || admit(plugin, hash);
}

asio::awaitable<Result<frames::Greeting>> Host::greeting()
{
    return pool_->link().greeting();
}

std::optional<uid_t> Host::launcher_user() const
{
    return pool_->link().user();
}

asio::awaitable<Result<Described>> Host::describe(std::filesystem::path plugin)
{
    const std::shared_ptr<Runner> runner = pool_->runner_of(plugin);
    co_await runner->wait_settled();
    if (runner->ready()) {
        Described described{runner->description(), runner->hash()};
        co_return described;
    }
    Error error = runner->error();
    if (runner->cause() == Cause::launcher)
        error.hint = kTransientHint;
    co_return error;
}

asio::awaitable<Result<void>> Host::warm(std::filesystem::path plugin)
{
    pool_->runner_of(plugin)->keep();
    const auto described = co_await describe(std::move(plugin));
    if (!described)
        co_return described.error();
    co_return Result<void>{};
}

asio::awaitable<std::shared_ptr<Turns::Turn>> Host::turn(std::shared_ptr<const frames::Description> description,
                                                         std::uint32_t method, std::shared_ptr<Canceller> canceller)
{
    RowSink nobody;
    RunRequest request;
    request.description = std::move(description);
    request.method = method;
    request.canceller = std::move(canceller);
    const auto run = std::make_shared<Run>(pool_->context(), std::move(request), nobody);
    auto turn = co_await asio::co_spawn(pool_->executor(), run->only_turn(), asio::use_awaitable);
    co_return turn;
}

asio::awaitable<RunResult> Host::run(RunRequest request, RowSink &sink)
{
    const auto run = std::make_shared<Run>(pool_->context(), std::move(request), sink);
    // In a chain of its own, so that the run may take a cancellation as a wish and the caller's state is left alone.
    RunResult result = co_await asio::co_spawn(pool_->executor(), run->go(), asio::use_awaitable);
    co_return result;
}

asio::awaitable<RunResult> Host::probe(std::filesystem::path plugin, std::uint32_t method)
{
    RowSink nobody;
    RunRequest request;
    request.plugin = plugin;
    request.method = method;
    const auto described = co_await describe(std::move(plugin));
    RunResult result{kStatusNoMethod, "", model::Blame::agent, 0, 0, 0, now(), false, now()};
    if (!described) {
        result.message = to_string(described.error());
        co_return result;
    }
    request.hash = described->hash;
    request.description = described->description;
    request.deadline = now().monotonic + kProbeTimeout;
    const auto run = std::make_shared<Run>(pool_->context(), std::move(request), nobody);
    run->only_probe();
    result = co_await asio::co_spawn(pool_->executor(), run->go(), asio::use_awaitable);
    co_return result;
}

asio::awaitable<void> Host::wait_gone(std::filesystem::path plugin)
{
    const std::shared_ptr<Runner> runner = pool_->present(plugin);
    if (runner)
        co_await runner->wait_dead();
}

void Host::retire(const std::filesystem::path &plugin)
{
    pool_->forget(plugin);
}

std::optional<LoadFailures> Host::load_failures(const std::filesystem::path &plugin) const
{
    const LoadFailures *failures = pool_->conduct().quarantine().find(plugin);
    return failures != nullptr ? std::optional(*failures) : std::nullopt;
}

bool Host::release(const std::filesystem::path &plugin)
{
    return pool_->conduct().quarantine().forget(plugin);
}

std::size_t Host::runners() const
{
    return pool_->ready();
}

} // namespace sonde::plugin_host
