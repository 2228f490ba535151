#pragma once

#include "base/log.hpp"
#include "plugin_host/catalogue.hpp"
#include "programs/cli/places.hpp"
#include "programs/cli/plugin_prints.hpp"
#include "programs/cli/verb.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::cli {

// What `sonde run` and `sonde describe` need to work with a plugin alone, without an agent: a launcher of their own, a
// loop, and the plugins of some directories.
class Workbench {
public:
    // `plugins` as in find_places(); `log_level` is for what host and launcher say on stderr; `readable` are files and
    // folders that methods may read, besides the system's.
    static boost::system::result<std::unique_ptr<Workbench>, Failure>
    make(const std::vector<std::string> &plugins, const char *log_level, const std::vector<std::string> &readable = {});

    // A method by METHOD, FILE.so or FILE.so:METHOD. FILE.so alone will do where the file has one method. An error's
    // hint is kTransientHint where it says nothing of the method: the launcher was not reached.
    Result<plugin_host::CatalogueMethod> find(const std::string &name);

    // What is in the plugin directories. An error: the launcher was not reached.
    Result<plugin_host::Catalogue>
    catalogue(plugin_host::Catalogue::Probing probing = plugin_host::Catalogue::Probing::yes);
    const std::vector<std::filesystem::path> &directories() const { return places_.plugins; }

    // Whether the method says that it can run here; nothing if it has no probe to ask.
    std::optional<plugin_host::RunResult> probe(const plugin_host::CatalogueMethod &method);

    boost::asio::io_context &loop() { return loop_; }
    plugin_host::Host &host() { return host_; }
    PluginPrints &prints() { return prints_; }
    // A second host, whose runs a developer attends.
    plugin_host::Host attended(plugin_host::HostSettings settings, plugin_host::Attendance attendance);
    // Until the process of its last run is gone, and the tool with what it says at the end.
    void wait_gone(plugin_host::Host &attended, const std::filesystem::path &plugin);

private:
    Workbench(Places places, std::shared_ptr<Log> log, const char *log_level, const std::vector<std::string> &readable);
    Result<plugin_host::CatalogueMethod> find_in_file(const std::string &file, const std::string &method);

    Places places_;
    std::shared_ptr<Log> log_;
    std::string log_level_;
    PluginPrints prints_;
    boost::asio::io_context loop_{1};
    plugin_host::Host host_;
};

} // namespace sonde::cli
