#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "model/capabilities.hpp"
#include "model/instruction.hpp"
#include "plugin_host/host.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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

    bool ready() const { return description != nullptr; }
};

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
    Catalogue(Host &host, std::vector<std::filesystem::path> directories, std::shared_ptr<Log> log);

    enum class Probing {
        no,
        // A method whose probe says that it cannot run here is not offered, and asked again by the next scan.
        yes,
    };

    // Looks for what has changed, by device, inode, size and time of change, or is not admitted any more, and again at
    // what was refused; retires the runners of such files. True if anything is different from before. A directory that
    // does not exist is empty. One scan at a time.
    boost::asio::awaitable<bool> scan(Probing probing = Probing::no);

    const std::vector<PluginFile> &files() const { return files_; }
    // False while another look at a file may say something else: the launcher was not reached.
    bool settled() const;
    const std::vector<CatalogueMethod> &methods() const { return methods_; }

    // By name. The error has "did you mean".
    Result<CatalogueMethod> find_method(std::string_view name) const;
    // A task's: by its program, a method's name, where it has one, which then must implement all the task's functions
    // in all their roles; else the first method that does.
    Result<CatalogueMethod> find_method(const model::Task &task) const;

    std::vector<model::CapabilityTask> capability_tasks() const;
    std::vector<model::RefusedPlugin> refused() const;

private:
    struct Seen {
        dev_t device;
        ino_t inode;
        off_t size;
        timespec modified;
        timespec changed;
        bool definite; // false: look again next time
        PluginFile plugin;
        // By method, once it was asked: why it cannot run here; an empty text: it can.
        std::vector<std::optional<std::string>> unfit;
    };

    std::vector<std::filesystem::path> list() const;
    boost::asio::awaitable<PluginFile> examine(std::filesystem::path file, bool &definite);
    // Asks those that have not been asked, or that could not run when they were. True: one says something else.
    boost::asio::awaitable<bool> probe(Seen &seen);
    void rebuild(const std::vector<std::filesystem::path> &paths);

    Host *host_;
    std::vector<std::filesystem::path> directories_;
    std::shared_ptr<Log> log_;
    std::map<std::filesystem::path, Seen> seen_;
    std::vector<PluginFile> files_;
    std::vector<CatalogueMethod> methods_;
};

} // namespace sonde::plugin_host
