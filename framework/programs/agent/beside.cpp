#include "beside.hpp"

#include "model/limits.hpp"

#include <algorithm>
#include <utility>

namespace sonde::agent {

namespace {

void note(std::vector<model::Conflict> &met, const model::Conflict &who)
{
    if (met.size() < model::kConflictsMax && std::find(met.begin(), met.end(), who) == met.end())
        met.push_back(who);
}

} // namespace

Beside::Place::Place(Beside &beside, model::Conflict who, bool active)
    : beside_(beside), run_(beside.runs_.insert(beside.runs_.end(), {std::move(who), active}))
{
    for (Run &other : beside.runs_) {
        if (&other == &*run_)
            continue;
        if (active)
            note(other.met, run_->who);
        if (other.active)
            note(run_->met, other.who);
    }
}

Beside::Place::~Place()
{
    beside_.runs_.erase(run_);
}

} // namespace sonde::agent
