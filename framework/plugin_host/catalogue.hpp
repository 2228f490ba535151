#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "model/capabilities.hpp"
#include "model/instruction.hpp"
#include "plugin_host/file_state.hpp"
#include "plugin_host/host.hpp"
#include "plugin_host/looks.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::plugin_host {

// A method that can be run.
struct CatalogueMethod {
    std::filesystem::path file;
    std::string hash;
    std::shared_ptr<const frames::Description> description;
    std::uint32_t index = 0;

    const frames::MethodDescription &method() const { return description->methods[index]; }
};

// The plugins in some directories: every regular file *.so, but no hidden ones. An earlier directory goes before a
// later one, within a directory the names go in order: the first to offer a method has it. Files are described by a
// runner, never loaded here.
class Catalogue {
public:
    // The host outlives it and its looks. `news`: called when a look at a file that a scan did not wait for is over;
    // another scan then has what it said.
    Catalogue(Host &host, std::vector<std::filesystem::path> directories, std::shared_ptr<Log> log,
              std::function<void()> news = {});

    enum class Probing {
        no,
        // A method whose probe says that it cannot run here is not offered, and asked again by the next scan.
        yes,
    };

    // Looks for what has changed, by device, inode, size and time of change, or is not admitted any more, and again at
    // what was refused; retires the runners of such files. True if anything is different from before. A directory that
    // does not exist is empty. One scan at a time. Files are looked at side by side; what takes longer than `patience`
    // is not offered until a later scan, by what it says by then.
    boost::asio::awaitable<bool> scan(Probing probing = Probing::no,
                                      std::chrono::milliseconds patience = std::chrono::hours(1));

    const std::vector<PluginFile> &files() const { return files_; }
    // False while another look at a file may say something else: the launcher was not reached.
    bool settled() const;
    // Whether a look is under way that no scan has waited for.
    bool looking() const;
    // When a file that has failed to load is to be looked at again; the end of time if there is none.
    MonotonicTime look_again() const;
    const std::vector<CatalogueMethod> &methods() const { return methods_; }

    // By name. The error has "did you mean".
    Result<CatalogueMethod> find_method(std::string_view name) const;
    // A task's: by its program, a method's name, where it has one, which then must implement all the task's functions
    // in all their roles; else the first method that does.
    Result<CatalogueMethod> find_method(const model::Task &task) const;

    // The file that a task's method is in, or was or would be by its name, and that has been quarantined; nullptr: none.
    const PluginFile *quarantined(const model::Task &task) const;
    // Lets quarantined files be loaded at once: those of a plugin's name, a file's name or a path. Empty: none is.
    std::vector<std::filesystem::path> release(const std::string &name);

    std::vector<model::CapabilityTask> capability_tasks() const;
    std::vector<model::RefusedPlugin> refused() const;

private:
    struct Seen {
        FileState state;
        bool definite = true; // false: look again next time
        PluginFile plugin;
        Unfit unfit;
        // Of one that is quarantined now: what it said of itself when it could be loaded.
        std::shared_ptr<const frames::Description> former;

        // Of a ready one: whether a method has yet to say that it can run here.
        bool asks_on() const;
    };

    std::vector<std::filesystem::path> list() const;
    // Begins a look at a file where one is needed. True: it is no file to be looked at, and was not known as that.
    bool order(const std::filesystem::path &path, Probing probing);
    // Takes in what was found, or that it is not known yet. True: it is different from before.
    bool take_in(Looks::Found found);
    bool await_look(const std::filesystem::path &path);
    bool drop_gone(const std::vector<std::filesystem::path> &paths);
    void rebuild(const std::vector<std::filesystem::path> &paths);

    Host *host_;
    std::vector<std::filesystem::path> directories_;
    std::shared_ptr<Log> log_;
    std::shared_ptr<Looks> looks_;
    std::map<std::filesystem::path, Seen> seen_;
    std::vector<PluginFile> files_;
    std::vector<CatalogueMethod> methods_;
};

} // namespace sonde::plugin_host
