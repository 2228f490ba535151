#pragma once

#include "model/report.hpp"

#include <list>
#include <vector>

namespace sonde::agent {

// Which runs are on the line at the same time: RFC 8194's list `conflict`, "the names of Tasks overlapping with the
// execution". Those that put nothing on the line disturb nobody, and are in no other one's list.
class Beside {
    struct Run {
        model::Conflict who;
        bool active = false;
        std::vector<model::Conflict> met{};
    };

public:
    // From the begin of a run to its end.
    class Place {
    public:
        Place(Beside &beside, model::Conflict who, bool active);
        ~Place();
        Place(const Place &) = delete;
        Place &operator=(const Place &) = delete;

        // Each once, in the order in which they were met; no more than a report can carry.
        const std::vector<model::Conflict> &met() const { return run_->met; }

    private:
        Beside &beside_;
        std::list<Run>::iterator run_;
    };

    std::size_t runs() const { return runs_.size(); }

private:
    std::list<Run> runs_;
};

} // namespace sonde::agent
