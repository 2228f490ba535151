#pragma once

#include "base/log.hpp"
#include "plugin_host/condition.hpp"
#include "plugin_host/file_state.hpp"
#include "plugin_host/host.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::plugin_host {

// A file in a plugin directory.
struct PluginFile {
    std::filesystem::path file; // absolute
    std::string hash;           // SHA-256 in lower-case hex of what was loaded, or of the file that was refused
    // What the plugin says of itself; empty if it is refused.
    std::shared_ptr<const frames::Description> description;
    // Why it is refused, or a word on methods that are not offered: another file has them ("shadowed"), or they cannot
    // run here.
    std::string reason;
    // How often it has failed to load in a row, where that is why it is refused.
    std::optional<LoadFailures> failures{};
    bool known = true; // false: it is being looked at

    bool ready() const { return description != nullptr; }
};

// By method, once it was asked: why it cannot run here; an empty text: it can.
using Unfit = std::vector<std::optional<std::string>>;

// Looks at plugin files side by side: what each says of itself, and whether its methods say that they can run here. So
// many at a time, and of those that have failed to load only one, so that a file that hangs holds up no other.
class Looks : public std::enable_shared_from_this<Looks> {
public:
    static constexpr std::size_t kAtOnce = 4;

    struct Wanted {
        std::filesystem::path file;
        FileState state;
        bool probing = false; // ask the methods, but for those that could run when they were asked before
        Unfit unfit;          // what they said then
    };
    struct Found {
        FileState state; // at the beginning
        PluginFile plugin;
        bool definite = true; // false: the launcher was not reached, and another look may say something else
        Unfit unfit;
        bool other_unfit = false; // it is not what they said before
    };

    // The host outlives it, and what is under way.
    Looks(Host &host, std::shared_ptr<Log> log);

    // Called when a look is over while nobody waits.
    std::function<void()> on_found;

    // Takes the place of a look at the same file that is under way.
    void begin(Wanted wanted);
    // Of that very file.
    bool under_way(const std::filesystem::path &file, const FileState &state) const;
    void forget(const std::filesystem::path &file) { looks_.erase(file); }
    // Until none is under way, at most until then.
    boost::asio::awaitable<void> wait(std::chrono::steady_clock::time_point latest);
    // What was found since.
    std::vector<Found> take();

private:
    struct Look {
        Wanted wanted;
        bool suspect = false; // it has failed to load before
        bool begun = false;
        bool over = false;
        Found found{};
    };

    void begin_next();
    bool may_begin(const Look &look) const;
    boost::asio::awaitable<void> look(std::shared_ptr<Look> look);
    boost::asio::awaitable<void> probe(Look &look);
    void end(Look &look);

    Host *host_;
    std::shared_ptr<Log> log_;
    Condition over_;
    bool waiting_ = false;
    std::size_t under_way_ = 0;
    std::size_t suspects_ = 0; // of these
    std::map<std::filesystem::path, std::shared_ptr<Look>> looks_;
};

} // namespace sonde::plugin_host
