#include "scanning.hpp"

#include "next_look.hpp"
#include "offers.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace sonde::agent {

namespace {

constexpr std::chrono::seconds kScanAgain{1}; // while the launcher is not there yet
// A plugin that takes longer to say what it is holds up no other.
constexpr std::chrono::seconds kScanPatience{1};
constexpr std::chrono::seconds kFirstPatience{4};

} // namespace

Scanning::Scanning(const asio::any_io_executor &executor, plugin_host::Host &host, plugin_host::Catalogue &catalogue,
                   PolicyFile &policy, std::vector<std::filesystem::path> directories, std::shared_ptr<Log> log,
                   std::function<void(model::Capabilities)> changed)
    : host_(host), catalogue_(catalogue), policy_(policy), changed_(std::move(changed)),
      watch_(executor, std::move(directories), std::move(log))
{
}

asio::awaitable<void> Scanning::begin()
{
    co_await scan(kScanPatience);
    // What is due at once may need one that takes longer; the others are offered by now.
    if (catalogue_.looking())
        co_await scan(kFirstPatience);
}

asio::awaitable<void> Scanning::scan(std::chrono::milliseconds patience)
{
    watch_.follow();
    const bool changed = co_await catalogue_.scan(plugin_host::Catalogue::Probing::yes, patience);
    if (!changed)
        co_return;
    changed_(capabilities_of(catalogue_));
}

MonotonicTime Scanning::next_scan(bool settled, bool refusing) const
{
    const MonotonicTime soon = now().monotonic + kScanAgain;
    if (!settled || refusing)
        return soon;
    return std::clamp(catalogue_.look_again(), soon, next_look(soon));
}

// By the policy, whatever the plugins are.
asio::awaitable<bool> Scanning::nothing_may_be_loaded()
{
    if (policy_.current().denies_all())
        co_return true;
    if (!policy_.strict_isolation())
        co_return false;
    const auto greeting = co_await host_.greeting();
    co_return greeting && !greeting->layers.empty();
}

asio::awaitable<void> Scanning::go_on()
{
    while (!stopping_) {
        const bool refusing = co_await nothing_may_be_loaded();
        const bool settled = catalogue_.settled();
        const bool changed = co_await watch_.wait(next_scan(settled, refusing));
        // Until that is mended there is nothing new to see.
        bool pointless = refusing && settled && !changed;
        if (pointless)
            pointless = co_await nothing_may_be_loaded();
        if (!stopping_ && !pointless)
            co_await scan(kScanPatience);
    }
}

void Scanning::stop()
{
    stopping_ = true;
    watch_.cancel();
}

} // namespace sonde::agent
