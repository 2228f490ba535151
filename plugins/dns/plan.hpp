#pragma once

#include "attempt.hpp"
#include "question.hpp"
#include "settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sonde::dns {

/*
 * What a run asks at its times, and in which order: in each round every name of every server in every way; before all,
 * where that is wanted, each server who it is.
 */
class Plan {
public:
    // Throws plugin::Failure if there is no way to ask. `settings` outlives it.
    Plan(const Settings &settings, std::size_t servers);

    // The names', then that of the servers' identity.
    const std::vector<Question> &questions() const { return questions_; }
    bool is_identity(std::size_t question) const { return question >= settings_.names.size(); }
    bool uses_datagrams() const;

    // How many queries there are, answered or not; further tries and what follows an answer are not among them.
    std::uint64_t size() const;
    // One of them, from 0.
    Asked at(std::uint64_t number) const;

private:
    struct Way {
        Transport transport;
        Reuse reuse;
    };

    const Settings &settings_;
    std::size_t servers_;
    std::vector<Question> questions_;
    std::vector<Way> ways_;
};

// Time to the next query of a Poisson process, ns; `bits`: random.
std::int64_t poisson_gap(std::chrono::nanoseconds mean, std::uint64_t bits);

} // namespace sonde::dns
