#include "programs/checker/comparisons.hpp"

namespace sonde::checker {

namespace {

constexpr int kSameNeeded = 3;
constexpr int kOthersMax = 1;
constexpr int kComparisonsMax = 10; // a table may have rows only of a run that takes its time, as on a busy machine

std::string ending(const Outcome &run)
{
    return run.alive() ? "status " + std::to_string(run.status) : in_words(run);
}

// And which tables have rows.
std::string gist(const Outcome &run)
{
    std::string text = ending(run);
    for (const std::uint64_t rows : run.rows)
        text += rows > 0 ? ", rows" : ", no rows";
    return text;
}

} // namespace

void Comparisons::expect(const Outcome &run)
{
    ends_.insert(ending(run));
    gists_.insert(gist(run));
}

bool Comparisons::add(const std::vector<Outcome> &runs)
{
    bool same_ends = true;
    bool same_tables = true;
    for (const Outcome &run : runs) {
        same_ends = same_ends && ends_.contains(ending(run));
        if (gists_.contains(gist(run)))
            continue;
        same_tables = false;
        odd_ = gist(run);
    }
    ++(same_ends ? same_ends_ : other_ends_);
    same_tables_ = same_tables_ || same_tables;
    return same_ends;
}

bool Comparisons::alike() const
{
    return same_ends_ >= kSameNeeded && same_tables_;
}

bool Comparisons::unlike() const
{
    return other_ends_ > kOthersMax || (!alike() && same_ends_ + other_ends_ >= kComparisonsMax);
}

} // namespace sonde::checker
