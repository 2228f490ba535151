#pragma once

#include "programs/checker/evidence.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sonde::checker {

// How a run ended and what it brought, as an agent would see it, and beside it what only a checker looks at.
struct Outcome {
    enum class End {
        returned,
        exited, // the process ended, and run() did not return
        killed, // by a signal that nobody here had sent
        stuck,  // did not end when it was told to, and was killed
    };

    End end = End::exited;
    int code = 0;                    // of exit, or the signal
    std::int32_t status = 0;         // 0 or a code of the method's; what broke rules is 103
    std::string message;             // of the failure
    std::vector<std::uint64_t> rows; // by table
    std::string odd_row;             // a row that breaks the declaration, or a time that cannot be
    std::uint64_t sent_bytes = 0;    // as the run counted
    std::uint64_t received_bytes = 0;
    std::string output; // on stdout
    std::chrono::nanoseconds took{};
    bool told_to_stop = false;
    std::chrono::nanoseconds stopping{}; // from then on

    // The evidence, as it was when the run ended.
    std::string stranger;
    std::string untimely;
    std::string undeclared;
    std::string bad_text;
    std::string extension;
    std::string fault;
    std::uint32_t privileges = 0;
    bool silent_failure = false;
    bool made_processes = false;
    std::array<Evidence::Sample, 3> samples{};
    Evidence::Sample last{};
    std::uint32_t done = 0;

    bool alive() const { return end == End::returned; }
};

// "ended in SIGSEGV", "failed with 7: no answer", ...
std::string in_words(const Outcome &outcome);

} // namespace sonde::checker
