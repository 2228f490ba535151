#include "plugin_host/watch.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sonde::plugin_host {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kEntries =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kContents = IN_CLOSE_WRITE | IN_MODIFY;
constexpr int kLinksMax = 40; // as the kernel's own limit

// Or a signature of one.
bool may_be_plugin(std::string_view name)
{
    return (name.ends_with(".so") || name.ends_with(".so.sig")) && !name.starts_with('.');
}

} // namespace

Watch::Watch(const asio::any_io_executor &executor, std::vector<fs::path> directories, std::shared_ptr<Log> log)
    : directories_(std::move(directories)), log_(std::move(log)), events_(executor),
      alarm_(std::make_shared<asio::steady_timer>(executor))
{
    const int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor >= 0)
        events_.assign(descriptor);
    else
        log_->warn("plugin directories are not watched, only looked at now and then reason={}",
                   sonde::quoted(std::strerror(errno)));
}

// Every step on the way to it: a directory that is replaced above it, or a link that is set anew, leads elsewhere.
void Watch::want_path(Wishes &wishes, const fs::path &path)
{
    for (fs::path step = path; step.has_relative_path(); step = step.parent_path())
        wishes[step.parent_path()].names.insert(step.filename().string());
}

void Watch::want_links(Wishes &wishes, fs::path link)
{
    std::error_code error;
    for (int i = 0; i < kLinksMax && fs::is_symlink(link, error); ++i) {
        link = (link.parent_path() / fs::read_symlink(link, error)).lexically_normal();
        want_path(wishes, link);
        wishes[link.parent_path()].contents = true;
    }
}

Watch::Wishes Watch::wishes() const
{
    Wishes wishes;
    for (const fs::path &directory : directories_) {
        const fs::path path = directory.has_filename() ? directory : directory.parent_path();
        want_path(wishes, path);
        want_links(wishes, path);
        wishes[path].plugins = wishes[path].contents = true;
        std::error_code error;
        for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
            if (may_be_plugin(entry->path().filename().string()))
                want_links(wishes, entry->path());
    }
    return wishes;
}

void Watch::follow()
{
    if (!events_.is_open())
        return;
    std::map<int, Wanted> watched;
    for (auto &[path, wanted] : wishes()) {
        const std::uint32_t mask = kEntries | (wanted.contents ? kContents : 0);
        const int watch = inotify_add_watch(events_.native_handle(), path.c_str(), mask | IN_MASK_ADD | IN_ONLYDIR);
        if (watch < 0) {
            // One that is not there yet is noticed where its directory is; one above it that others may not read is no
            // fault.
            const bool missing = errno == ENOENT || errno == ENOTDIR || (errno == EACCES && !wanted.plugins);
            if (!missing && !std::exchange(complained_, true))
                log_->warn("not watched, only looked at now and then directory={} reason={}",
                           sonde::quoted(path.string()), sonde::quoted(std::strerror(errno)));
            continue;
        }
        Wanted &all = watched[watch];
        all.names.merge(wanted.names);
        all.plugins = all.plugins || wanted.plugins;
    }
    for (const auto &[watch, wanted] : watched_)
        if (!watched.contains(watch))
            inotify_rm_watch(events_.native_handle(), watch);
    watched_ = std::move(watched);
}

bool Watch::concerns(int watch, std::uint32_t mask, std::string_view name) const
{
    if ((mask & IN_Q_OVERFLOW) != 0)
        return true;
    const auto found = watched_.find(watch);
    if (found == watched_.end())
        return false;
    if (name.empty())
        return true;
    return (found->second.plugins && may_be_plugin(name)) || found->second.names.contains(std::string(name));
}

void Watch::take_events()
{
    if (!events_.is_open())
        return;
    alignas(inotify_event) std::array<char, 16 * 1024> buffer;
    for (;;) {
        const ssize_t size = read(events_.native_handle(), buffer.data(), buffer.size());
        if (size <= 0)
            return;
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const char *name = buffer.data() + at + sizeof event;
            at += sizeof event + event.len;
            if (!concerns(event.wd, event.mask, event.len == 0 ? "" : name))
                continue;
            last_change_ = Clock::now();
            if (!std::exchange(dirty_, true))
                first_change_ = last_change_;
        }
    }
}

asio::awaitable<bool> Watch::wait(Clock::time_point latest)
{
    while (!cancelled_) {
        if (std::exchange(woken_, false))
            co_return true;
        take_events();
        const auto now = Clock::now();
        const auto quiet = dirty_ ? std::min(last_change_ + kQuiet, first_change_ + kPatience) : latest;
        if (dirty_ && now >= quiet) {
            dirty_ = false;
            co_return true;
        }
        if (now >= latest)
            co_return false;
        alarm_->expires_at(std::min(quiet, latest));
        if (events_.is_open())
            events_.async_wait(asio::posix::stream_descriptor::wait_read,
                               [alarm = alarm_](const boost::system::error_code &error) {
                                   if (!error)
                                       alarm->cancel();
                               });
        boost::system::error_code ended;
        co_await alarm_->async_wait(asio::redirect_error(asio::use_awaitable, ended));
        if (events_.is_open())
            events_.cancel();
    }
    co_return false;
}

void Watch::wake()
{
    woken_ = true;
    alarm_->cancel();
}

void Watch::cancel()
{
    cancelled_ = true;
    alarm_->cancel();
}

} // namespace sonde::plugin_host
