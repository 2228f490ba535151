#pragma once

#include <string>
#include <vector>

namespace sonde::store {

// Step i brings the repository from version i to i + 1; a published step never changes. Tables begin with an
// underscore, which no name from the wire does; what people read are the views.
const std::vector<std::string> &repository_migrations();

} // namespace sonde::store
