#pragma once

#include <string>
#include <vector>

namespace sonde::cli {

// Fields as a line of RFC 4180's CSV, but with a bare newline at its end.
std::string csv_line(const std::vector<std::string> &fields);

} // namespace sonde::cli
