#pragma once

#include "base/result.hpp"

#include <sonde/plugin.h>

#include <boost/dll/shared_library.hpp>

#include <string>

namespace sonde::hosting {

// A plugin's file, mapped. Never unmapped while the process lives: what it left behind (exit handlers, thread-local
// destructors) would dangle.
class Library {
public:
    // Maps the file with all its symbols bound, so that a missing one is an error now and not a crash in a run.
    static Result<Library> load(const std::string &path);

    const sonde_plugin &plugin() const { return *plugin_; }

private:
    Library(boost::dll::shared_library file, const sonde_plugin *plugin) : file_(std::move(file)), plugin_(plugin) {}

    boost::dll::shared_library file_;
    const sonde_plugin *plugin_;
};

} // namespace sonde::hosting
