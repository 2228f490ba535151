#pragma once

#include "frames/description.hpp"

#include <vector>

namespace sonde::hosting {

// The objects that are loaded into this process by a path, as they are on the disk now.
std::vector<frames::LoadedFile> loaded_files();

} // namespace sonde::hosting
