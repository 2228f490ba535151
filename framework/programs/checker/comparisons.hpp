#pragma once

#include "programs/checker/outcome.hpp"

#include <set>
#include <string>
#include <vector>

namespace sonde::checker {

// Runs held against others that should end as they do. What else the machine does may decide one comparison, and runs
// that are in each other's way may not be so each time, so several decide about the ends; and since what a run has rows
// of may depend on how fast the machine is, one about the tables that have any.
class Comparisons {
public:
    // A run that the others are held against, with those that were given before.
    void expect(const Outcome &run);
    // Runs that should be like one of them. False: one of these ended otherwise than all of those.
    bool add(const std::vector<Outcome> &runs);

    bool alike() const;
    // No further comparison can make them alike.
    bool unlike() const;
    // "status 0, rows, no rows": of a run that is expected, and of the last that was unlike it.
    const std::string &expected() const { return *gists_.begin(); }
    const std::string &odd() const { return odd_; }

private:
    std::set<std::string> ends_;
    std::set<std::string> gists_;
    std::string odd_;
    int same_ends_ = 0;
    int other_ends_ = 0;
    bool same_tables_ = false;
};

} // namespace sonde::checker
