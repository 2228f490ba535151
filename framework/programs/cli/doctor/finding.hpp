#pragma once

#include <string>
#include <vector>

namespace sonde::cli {

// One thing that a Sonde agent would like to have.
struct Finding {
    enum class State {
        ok,
        missing,
        warning, // it works, and costs something else
        unknown, // this user may not look
    };

    std::string check;
    State state = State::missing;
    std::string found;
    std::string means; // where it is missing: what that costs
    std::string mend;
};

using Findings = std::vector<Finding>;

// A finding that is good if `missing` is empty, which else says what was found in place of `found`.
Finding finding(std::string check, std::string found, std::string missing, std::string means, std::string mend);
// Of something at `path` that this user may not look at.
Finding closed(std::string check, const std::string &path, std::string means, std::string mend);

} // namespace sonde::cli
