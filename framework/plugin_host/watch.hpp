#pragma once

#include "base/log.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::plugin_host {

// Says that plugin directories may have changed, by inotify(7); what has changed, a scan finds out. Noticed are files
// that come, change and go, directories that come later, go or are replaced, and the same of what links lead to. One
// thread: that of the executor. Where the system gives no watch, a wait is but a wait.
class Watch {
public:
    static constexpr std::chrono::milliseconds kQuiet{100};
    // Something that changes all the time, a long copy perhaps, is looked at all the same.
    static constexpr std::chrono::seconds kPatience{5};

    Watch(const boost::asio::any_io_executor &executor, std::vector<std::filesystem::path> directories,
          std::shared_ptr<Log> log);

    // Watches what the directories lead to at present. Before each scan: what changes during one is noticed after it.
    void follow();

    // Until something has changed and then nothing has for kQuiet, or until `latest`, or cancel(). True: something has
    // changed. One waits at a time.
    boost::asio::awaitable<bool> wait(std::chrono::steady_clock::time_point latest);
    // Ends the wait at once, or the next one, as if something had changed.
    void wake();
    // No wait waits any more.
    void cancel();

private:
    using Clock = std::chrono::steady_clock;

    // What of a directory matters: entries by name, or all that may be plugins.
    struct Wanted {
        std::set<std::string> names;
        bool plugins = false;
        bool contents = false; // of its files, as well as which ones there are
    };
    using Wishes = std::map<std::filesystem::path, Wanted>;

    static void want_path(Wishes &wishes, const std::filesystem::path &path);
    static void want_links(Wishes &wishes, std::filesystem::path link);
    Wishes wishes() const;
    void take_events();
    bool concerns(int watch, std::uint32_t mask, std::string_view name) const;

    std::vector<std::filesystem::path> directories_;
    std::shared_ptr<Log> log_;
    boost::asio::posix::stream_descriptor events_;
    std::map<int, Wanted> watched_; // by watch descriptor
    std::shared_ptr<boost::asio::steady_timer> alarm_;
    bool dirty_ = false;
    bool woken_ = false;
    Clock::time_point first_change_{}; // of those that no wait has told of
    Clock::time_point last_change_{};
    bool cancelled_ = false;
    bool complained_ = false;
};

} // namespace sonde::plugin_host
