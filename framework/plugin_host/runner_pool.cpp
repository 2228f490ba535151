#include "plugin_host/runner_pool.hpp"

#include <algorithm>
#include <utility>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace sonde::plugin_host {

namespace asio = boost::asio;

RunnerPool::RunnerPool(asio::any_io_executor executor, LauncherPlace place, std::shared_ptr<Log> log,
                       HostSettings settings)
    : executor_(executor), log_(log), settings_(std::move(settings)), conduct_(settings_, log), idle_(executor),
      link_(std::make_shared<LauncherLink>(executor, std::move(place), log)),
      buffer_(std::make_shared<frames::PacketBuffer>())
{
}

void RunnerPool::listen()
{
    link_->on_runner_ended = [weak = weak_from_this()](std::uint64_t id, int wait_status) {
        const auto self = weak.lock();
        const auto runner = self ? self->find(id) : nullptr;
        if (runner)
            runner->ended(wait_status);
    };
    link_->on_lost = [weak = weak_from_this()](const std::string &why) {
        if (const auto self = weak.lock())
            self->drop_all(why);
    };
}

void RunnerPool::close()
{
    drop_all("the host ends");
    idle_.cancel();
    link_->close();
}

std::shared_ptr<Runner> RunnerPool::runner_of(const std::filesystem::path &plugin)
{
    std::shared_ptr<Runner> old = present(plugin);
    if (old && old->outdated()) {
        log_->info("runner retired plugin={} reason=what-it-has-loaded-is-changed", sonde::quoted(plugin.string()));
        forget(plugin);
    } else if (old && old->regranted()) {
        log_->info("runner retired plugin={} reason=its-privileges-are-changed", sonde::quoted(plugin.string()));
        retire(plugin);
    } else if (old && (!old->settled() || old->ready())) {
        return old;
    }
    auto runner = std::make_shared<Runner>(executor_, link_, plugin, log_, settings_, known_);
    if (const LoadFailures *held = conduct_.quarantine().held(plugin, now().monotonic)) {
        current_.erase(plugin);
        runner->refuse(held->text());
        return runner;
    }
    watch(runner);
    current_[plugin] = runner;
    all_[runner->id()] = runner;
    runner->start(settings_.start_timeout, conduct_.cold(plugin));
    watch_idle();
    return runner;
}

void RunnerPool::watch(const std::shared_ptr<Runner> &runner)
{
    runner->on_settled = [weak = weak_from_this(), file = file_state(runner->plugin())](const Runner &settled) {
        const auto self = weak.lock();
        if (self && file)
            self->conduct_.note_load(settled, *file);
    };
    runner->on_bears_no_fork = [weak = weak_from_this()](const Runner &one, const std::string &why) {
        const auto self = weak.lock();
        if (self && self->present(one.plugin()).get() == &one)
            self->run_cold(one.plugin(), why);
    };
}

std::shared_ptr<Runner> RunnerPool::present(const std::filesystem::path &plugin) const
{
    const auto found = current_.find(plugin);
    return found == current_.end() ? nullptr : found->second;
}

void RunnerPool::retire(const std::filesystem::path &plugin)
{
    current_.erase(plugin);
    sweep();
}

void RunnerPool::run_cold(const std::filesystem::path &plugin, const std::string &why)
{
    if (conduct_.note_cold(plugin, why))
        retire(plugin);
}

void RunnerPool::forget(const std::filesystem::path &plugin)
{
    known_->erase(plugin);
    retire(plugin);
}

RunContext RunnerPool::context()
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
            [self](const std::filesystem::path &plugin) { return self->conduct_.quarantined(plugin); }};
}

std::size_t RunnerPool::ready() const
{
    return static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(), [](const auto &each) { return each.second->ready(); }));
}

std::shared_ptr<Runner> RunnerPool::find(std::uint64_t id) const
{
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto &each) {
        return each.first == id || each.second->describing() == id;
    });
    return found == all_.end() ? nullptr : found->second;
}

void RunnerPool::drop_all(const std::string &why)
{
    current_.clear();
    for (const auto &[id, runner] : std::exchange(all_, {}))
        runner->stop(why);
}

void RunnerPool::sweep()
{
    const auto now = std::chrono::steady_clock::now();
    for (auto each = all_.begin(); each != all_.end();) {
        const std::shared_ptr<Runner> runner = each->second;
        const auto current = current_.find(runner->plugin());
        const bool retired = current == current_.end() || current->second != runner;
        const bool used = runner->runs() != 0 || runner->awaited();
        const bool idle = runner->ready() && !used && (retired || now - runner->idle_since() >= settings_.idle_stop);
        if (idle)
            runner->stop("idle");
        const bool dead = runner->settled() && !runner->ready();
        if (dead && !retired)
            current_.erase(current);
        each = dead ? all_.erase(each) : std::next(each);
    }
}

void RunnerPool::watch_idle()
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

} // namespace sonde::plugin_host
