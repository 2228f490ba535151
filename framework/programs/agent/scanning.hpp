#pragma once

#include "base/log.hpp"
#include "model/capabilities.hpp"
#include "plugin_host/catalogue.hpp"
#include "plugin_host/host.hpp"
#include "plugin_host/watch.hpp"
#include "policy_file.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace sonde::agent {

namespace asio = boost::asio;

// Keeps the catalogue of plugins as their directories are: looks when something in them changes, and now and then
// anyway. Belongs to one thread; everything handed in outlives it.
class Scanning {
public:
    // `changed` is told what the agent can do when that is something else than before.
    Scanning(const asio::any_io_executor &executor, plugin_host::Host &host, plugin_host::Catalogue &catalogue,
             PolicyFile &policy, std::vector<std::filesystem::path> directories, std::shared_ptr<Log> log,
             std::function<void(model::Capabilities)> changed);

    // The first look, before anything runs: waits a little longer, for what is due at once.
    asio::awaitable<void> begin();
    // Runs until stop().
    asio::awaitable<void> go_on();

    // Something is different of which the directories do not tell.
    void wake() { watch_.wake(); }
    void stop();

private:
    asio::awaitable<void> scan(std::chrono::milliseconds patience);
    MonotonicTime next_scan(bool settled, bool refusing) const;
    asio::awaitable<bool> nothing_may_be_loaded();

    plugin_host::Host &host_;
    plugin_host::Catalogue &catalogue_;
    PolicyFile &policy_;
    std::function<void(model::Capabilities)> changed_;
    plugin_host::Watch watch_;
    bool stopping_ = false;
};

} // namespace sonde::agent
