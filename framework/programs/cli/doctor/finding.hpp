#pragma once

#include <string>
#include <vector>

namespace sonde::cli {

// One thing that a Sonde agent would like to have.
struct Finding {
    std::string check;
    bool ok = false;
    std::string found;
    std::string means; // where it is missing: what that costs
    std::string mend;
};

using Findings = std::vector<Finding>;

// A finding that is good if `missing` is empty, which else says what was found in place of `found`.
Finding finding(std::string check, std::string found, std::string missing, std::string means, std::string mend);

} // namespace sonde::cli
