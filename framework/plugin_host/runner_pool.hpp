#pragma once

#include "base/log.hpp"
#include "plugin_host/conduct.hpp"
#include "plugin_host/host.hpp"
#include "plugin_host/launcher_link.hpp"
#include "plugin_host/run.hpp"
#include "plugin_host/runner.hpp"
#include "plugin_host/turns.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

namespace sonde::plugin_host {

// Which plugin has which runner: one that takes its runs, and those before it whose runs are not over. Idle ones are
// stopped. Shared with what is still under way when its Host goes: timers, the launcher's messages.
class RunnerPool : public std::enable_shared_from_this<RunnerPool> {
public:
    RunnerPool(boost::asio::any_io_executor executor, LauncherPlace place, std::shared_ptr<Log> log,
               HostSettings settings);

    void listen();
    void close();

    // The plugin's runner: the present one, or a new one.
    std::shared_ptr<Runner> runner_of(const std::filesystem::path &plugin);
    std::shared_ptr<Runner> present(const std::filesystem::path &plugin) const;
    // Takes no further run into the present one.
    void retire(const std::filesystem::path &plugin);
    // The same; its file is another one, or its libraries are.
    void forget(const std::filesystem::path &plugin);
    std::size_t ready() const;

    // What a run needs.
    RunContext context();

    Conduct &conduct() { return conduct_; }
    LauncherLink &link() { return *link_; }
    const HostSettings &settings() const { return settings_; }
    const boost::asio::any_io_executor &executor() const { return executor_; }

private:
    void watch(const std::shared_ptr<Runner> &runner);
    std::shared_ptr<Runner> find(std::uint64_t id) const;
    void run_cold(const std::filesystem::path &plugin, const std::string &why);
    void drop_all(const std::string &why);
    // Forgets the dead, and stops those that nobody has used for a while or that are retired and have no run left.
    void sweep();
    void watch_idle();

    boost::asio::any_io_executor executor_;
    std::shared_ptr<Log> log_;
    HostSettings settings_;
    Conduct conduct_;
    boost::asio::steady_timer idle_;
    bool watching_ = false;
    bool quiet_ = false; // there was no runner when it was last looked
    std::shared_ptr<LauncherLink> link_;
    std::shared_ptr<Turns> turns_ = std::make_shared<Turns>();
    std::shared_ptr<frames::PacketBuffer> buffer_;
    std::shared_ptr<KnownPlugins> known_ = std::make_shared<KnownPlugins>();
    std::map<std::filesystem::path, std::shared_ptr<Runner>> current_; // the one that takes runs
    std::map<std::uint64_t, std::shared_ptr<Runner>> all_;
};

} // namespace sonde::plugin_host
