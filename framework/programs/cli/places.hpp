#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

// Where the programs and plugins of this Sonde are: as the environment says (SONDE_PLUGINS, directories separated by
// colons; SONDE_LIBEXEC and SONDE_SDK, a directory each), else beside this program in a build tree, else where they are
// installed.
namespace sonde::cli {

struct Places {
    std::vector<std::filesystem::path> plugins; // directories, the first goes first
    std::filesystem::path launcher;
    std::filesystem::path runner; // empty: the launcher finds it itself
};

// `plugins`, if there are any, replace the usual directories. An error if there is no launcher.
Result<Places> find_places(const std::vector<std::string> &plugins);

// The program that judges plugins.
Result<std::filesystem::path> find_checker();

// The SDK's folder that holds sonde.map and template/: SONDE_SDK, else of a build tree, else of this installation.
Result<std::filesystem::path> find_sdk();

// A page of the documentation by its name, of a build tree or of this installation; empty if it is not there.
std::filesystem::path find_page(const std::string &name);

} // namespace sonde::cli
