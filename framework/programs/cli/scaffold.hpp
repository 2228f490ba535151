#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sonde::cli {

// A plugin that is to be begun.
struct Scaffold {
    std::string method;
    std::string language; // "c" or "c++", a folder of the template
    std::string licence;  // an SPDX expression; one that the template has the text of gets its file
    std::string vendor;
    std::filesystem::path folder;
};

// Whether a plugin's method may be called so: [a-z][a-z0-9-]*, and none of the names that agents have for themselves.
Result<void> check_method_name(const std::string &name);

// Makes the folder from the template (sdk/template): METHOD in a file's name and @METHOD@, @VENDOR@, @LICENCE@ and
// @YEAR@ in its text are filled in. An existing folder is an error and left alone; after any other error nothing is
// left. The files' names, relative to the folder, in order.
Result<std::vector<std::string>> make_scaffold(const Scaffold &scaffold, const std::filesystem::path &sdk);

} // namespace sonde::cli
