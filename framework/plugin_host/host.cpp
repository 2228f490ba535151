#include "plugin_host/host.hpp"

#include "plugin_host/launcher_link.hpp"
#include "plugin_host/run.hpp"
#include "plugin_host/runner.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>
#include <utility>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace sonde::plugin_host {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kProbeTimeout{5};

} // namespace

asio::awaitable<Result<void>> RowSink::batch_end()
{
    co_return Result<void>{};
}

// Shared with what is still under way when the Host goes: timers, the launcher's messages.
class Host::Impl : public std::enable_shared_from_this<Host::Impl> {
public:
    Impl(asio::any_io_executor executor, LauncherPlace place, std::shared_ptr<Log> log, HostSettings settings)
        : executor_(executor), log_(log), settings_(settings), quarantine_(settings.quarantine), idle_(executor),
          link_(std::make_shared<LauncherLink>(executor, std::move(place), log)),
          buffer_(std::make_shared<frames::PacketBuffer>())
    {
    }

    void listen()
    {
        link_->on_runner_ended = [weak = weak_from_this()](std::uint64_t id, int wait_status) {
            const auto self = weak.lock();
            const auto runner = self ? self->find(id) : nullptr;
            if (runner)
                runner->ended(wait_status);
        };
        link_->on_lost = [weak = weak_from_this()] {
            if (const auto self = weak.lock())
                self->drop_all("the launcher was lost");
        };
    }

    void close()
    {
        drop_all("the host ends");
        idle_.cancel();
        link_->close();
    }

    // The plugin's runner: the present one, or a new one.
    std::shared_ptr<Runner> runner_of(const std::filesystem::path &plugin)
    {
        if (const std::shared_ptr<Runner> old = present(plugin); old && old->outdated()) {
            log_->info("runner retired plugin={} reason=what-it-has-loaded-is-changed", sonde::quoted(plugin.string()));
            forget(plugin);
        } else if (old && old->regranted()) {
            log_->info("runner retired plugin={} reason=its-privileges-are-changed", sonde::quoted(plugin.string()));
            retire(plugin);
        }
        auto &runner = current_[plugin];
        if (runner && (!runner->settled() || runner->ready()))
            return runner;
        runner = std::make_shared<Runner>(executor_, link_, plugin, log_, settings_, known_);
        if (const LoadFailures *held = quarantine_.held(plugin, now().monotonic)) {
            runner->refuse(held->text());
            return runner;
        }
        runner->on_settled = [weak = weak_from_this(), file = file_state(plugin)](const Runner &settled) {
            const auto self = weak.lock();
            if (self && file)
                self->note_load(settled, *file);
        };
        runner->on_bears_no_fork = [weak = weak_from_this()](const Runner &one, const std::string &why) {
            const auto self = weak.lock();
            if (self && self->present(one.plugin()).get() == &one)
                self->run_cold(one.plugin(), why);
        };
        all_[runner->id()] = runner;
        runner->start(settings_.start_timeout, is_cold(plugin));
        watch_idle();
        return runner;
    }

    std::shared_ptr<Runner> present(const std::filesystem::path &plugin) const
    {
        const auto found = current_.find(plugin);
        return found == current_.end() ? nullptr : found->second;
    }

    void retire(const std::filesystem::path &plugin)
    {
        current_.erase(plugin);
        sweep();
    }

    bool is_cold(const std::filesystem::path &plugin) const
    {
        const auto found = cold_.find(plugin);
        return found != cold_.end() && file_state(plugin) == found->second;
    }

    // From now on, as long as it is that file.
    void run_cold(const std::filesystem::path &plugin, const std::string &why)
    {
        const auto file = file_state(plugin);
        if (!file || is_cold(plugin))
            return;
        std::erase_if(cold_, [](const auto &each) { return file_state(each.first) != each.second; });
        cold_[plugin] = *file;
        log_->warn("plugin runs cold file={} reason={}", sonde::quoted(plugin.string()), sonde::quoted(why));
        retire(plugin);
    }

    // Its file is another one, or its libraries are.
    void forget(const std::filesystem::path &plugin)
    {
        known_->erase(plugin);
        retire(plugin);
    }

    RunContext context()
    {
        const auto self = shared_from_this();
        return {executor_,
                link_,
                turns_,
                settings_,
                buffer_,
                [self](const std::filesystem::path &plugin) { return self->runner_of(plugin); },
                [self](const std::filesystem::path &plugin) { self->retire(plugin); },
                [self](const std::filesystem::path &plugin, const std::string &why) { self->run_cold(plugin, why); },
                [self](const std::filesystem::path &plugin) {
                    const LoadFailures *failures = self->quarantine_.find(plugin);
                    return failures != nullptr && failures->quarantined;
                }};
    }

    Quarantine &quarantine() { return quarantine_; }

    std::size_t runners() const
    {
        return static_cast<std::size_t>(
            std::count_if(all_.begin(), all_.end(), [](const auto &each) { return each.second->ready(); }));
    }

    bool admits(const std::filesystem::path &plugin, const std::string &hash) const
    {
        return !settings_.admit || settings_.admit(plugin, hash);
    }

    LauncherLink &link() { return *link_; }

    const asio::any_io_executor &executor() const { return executor_; }

private:
    std::shared_ptr<Runner> find(std::uint64_t id) const
    {
        const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto &each) {
            return each.first == id || each.second->describing() == id;
        });
        return found == all_.end() ? nullptr : found->second;
    }

    // What the runner's beginning says of the file, which had that state when it was started.
    void note_load(const Runner &runner, const FileState &file)
    {
        const std::filesystem::path &plugin = runner.plugin();
        if (file_state(plugin) != file || (!runner.ready() && runner.cause() == Cause::launcher))
            return;
        if (runner.ready() || runner.cause() == Cause::file) {
            if (quarantine_.forget(plugin) && runner.ready())
                log_->info("plugin loads again file={}", sonde::quoted(plugin.string()));
            return;
        }
        const LoadFailures failures = quarantine_.failed(plugin, file, runner.error().what, now());
        if (failures.quarantined)
            log_->warn("plugin quarantined file={} failures={} reason={} again={}", sonde::quoted(plugin.string()),
                       failures.count, sonde::quoted(failures.reason), failures.again_text());
        else
            log_->warn("plugin failed to load file={} failures={} reason={}", sonde::quoted(plugin.string()),
                       failures.count, sonde::quoted(failures.reason));
        if (settings_.load_failed)
            settings_.load_failed(plugin, failures);
    }

    void drop_all(const std::string &why)
    {
        current_.clear();
        for (const auto &[id, runner] : std::exchange(all_, {}))
            runner->stop(why);
    }

    // Forgets the dead, and stops those that nobody has used for a while or that are retired and have no run left.
    void sweep()
    {
        const auto now = std::chrono::steady_clock::now();
        for (auto each = all_.begin(); each != all_.end();) {
            const std::shared_ptr<Runner> runner = each->second;
            const auto current = current_.find(runner->plugin());
            const bool retired = current == current_.end() || current->second != runner;
            const bool idle = runner->ready() && runner->runs() == 0 &&
                              (retired || now - runner->idle_since() >= settings_.idle_stop);
            if (idle)
                runner->stop("idle");
            const bool dead = runner->settled() && !runner->ready();
            if (dead && !retired)
                current_.erase(current);
            each = dead ? all_.erase(each) : std::next(each);
        }
    }

    void watch_idle()
    {
        if (watching_)
            return;
        watching_ = true;
        idle_.expires_after(std::max(settings_.idle_stop / 4, std::chrono::milliseconds(10)));
        idle_.async_wait([weak = weak_from_this()](const boost::system::error_code &error) {
            const auto self = weak.lock();
            if (error || !self)
                return;
            self->watching_ = false;
            self->sweep();
            // Once more after the last: what belonged to it ends on the loop first.
            const bool quiet = std::exchange(self->quiet_, self->all_.empty());
            if (!quiet || !self->quiet_)
                return self->watch_idle();
            self->quiet_ = false;
#ifdef __GLIBC__
            // Nothing runs for a while: what the runs have used is the system's again.
            ::malloc_trim(0);
#endif
        });
    }

    asio::any_io_executor executor_;
    std::shared_ptr<Log> log_;
    HostSettings settings_;
    Quarantine quarantine_;
    asio::steady_timer idle_;
    bool watching_ = false;
    bool quiet_ = false; // there was no runner when it was last looked
    std::shared_ptr<LauncherLink> link_;
    std::shared_ptr<Turns> turns_ = std::make_shared<Turns>();
    std::shared_ptr<frames::PacketBuffer> buffer_;
    std::shared_ptr<KnownPlugins> known_ = std::make_shared<KnownPlugins>();
    std::map<std::filesystem::path, FileState> cold_;                  // that do not bear a fork
    std::map<std::filesystem::path, std::shared_ptr<Runner>> current_; // the one that takes runs
    std::map<std::uint64_t, std::shared_ptr<Runner>> all_;
};

Host Host::connect(asio::any_io_executor executor, std::filesystem::path socket, std::shared_ptr<Log> log,
                   HostSettings settings)
{
    return Host(std::make_shared<Impl>(executor, LauncherPlace{std::move(socket), {}, {}, {}, {}, {}}, std::move(log),
                                       settings));
}

Host Host::spawn(asio::any_io_executor executor, std::filesystem::path launcher, std::filesystem::path runner,
                 std::shared_ptr<Log> log, HostSettings settings, std::optional<Attendance> attendance)
{
    LauncherPlace place{
        {}, std::move(launcher), std::move(runner), settings.launcher_log, settings.readable, std::move(attendance)};
    return Host(std::make_shared<Impl>(executor, std::move(place), std::move(log), settings));
}

Host::Host(std::shared_ptr<Impl> impl) : impl_(std::move(impl))
{
    impl_->listen();
}

Host::Host(Host &&) noexcept = default;

Host &Host::operator=(Host &&other) noexcept
{
    if (impl_)
        impl_->close();
    impl_ = std::move(other.impl_);
    return *this;
}

Host::~Host()
{
    if (impl_)
        impl_->close();
}

const asio::any_io_executor &Host::executor() const
{
    return impl_->executor();
}

bool Host::admits(const std::filesystem::path &plugin, const std::string &hash) const
{
    return impl_->admits(plugin, hash);
}

asio::awaitable<Result<frames::Greeting>> Host::greeting()
{
    return impl_->link().greeting();
}

std::optional<uid_t> Host::launcher_user() const
{
    return impl_->link().user();
}

asio::awaitable<Result<Described>> Host::describe(std::filesystem::path plugin)
{
    const std::shared_ptr<Runner> runner = impl_->runner_of(plugin);
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
    const auto run = std::make_shared<Run>(impl_->context(), std::move(request), nobody);
    auto turn = co_await asio::co_spawn(impl_->executor(), run->only_turn(), asio::use_awaitable);
    co_return turn;
}

asio::awaitable<RunResult> Host::run(RunRequest request, RowSink &sink)
{
    const auto run = std::make_shared<Run>(impl_->context(), std::move(request), sink);
    // In a chain of its own, so that the run may take a cancellation as a wish and the caller's state is left alone.
    RunResult result = co_await asio::co_spawn(impl_->executor(), run->go(), asio::use_awaitable);
    co_return result;
}

asio::awaitable<RunResult> Host::probe(std::filesystem::path plugin, std::uint32_t method)
{
    RowSink nobody;
    RunRequest request;
    request.plugin = plugin;
    request.method = method;
    const auto described = co_await describe(std::move(plugin));
    RunResult result{kStatusNoMethod, "", model::Blame::agent, 0, 0, 0, now(), now()};
    if (!described) {
        result.message = to_string(described.error());
        co_return result;
    }
    request.hash = described->hash;
    request.description = described->description;
    request.deadline = now().monotonic + kProbeTimeout;
    const auto run = std::make_shared<Run>(impl_->context(), std::move(request), nobody);
    run->only_probe();
    result = co_await asio::co_spawn(impl_->executor(), run->go(), asio::use_awaitable);
    co_return result;
}

asio::awaitable<void> Host::wait_gone(std::filesystem::path plugin)
{
    const std::shared_ptr<Runner> runner = impl_->present(plugin);
    if (runner)
        co_await runner->wait_dead();
}

void Host::retire(const std::filesystem::path &plugin)
{
    impl_->forget(plugin);
}

std::optional<LoadFailures> Host::load_failures(const std::filesystem::path &plugin) const
{
    const LoadFailures *failures = impl_->quarantine().find(plugin);
    return failures != nullptr ? std::optional(*failures) : std::nullopt;
}

bool Host::release(const std::filesystem::path &plugin)
{
    return impl_->quarantine().forget(plugin);
}

std::size_t Host::runners() const
{
    return impl_->runners();
}

} // namespace sonde::plugin_host
