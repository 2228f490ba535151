#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sonde::checker {

// Text that outlives the process that wrote it. Of several the first stays.
template <std::size_t N>
struct Note {
    char text[N] = {};

    // Safe in a signal handler.
    void write(std::string_view given)
    {
        if (text[0] == '\0')
            std::memcpy(text, given.data(), std::min(given.size(), N - 1));
    }
    bool empty() const { return text[0] == '\0'; }
};

// What a run did that no rule of the host keeps it from. Lies in memory that the process of the run shares with the
// one that judges, so that nothing is lost when the run dies.
struct Evidence {
    enum Phase : std::uint32_t { before, within, after };

    struct Sample {
        std::uint64_t heap_bytes;
        std::uint32_t descriptors;
    };

    std::atomic<std::uint32_t> phase{before}; // of run() or probe()
    std::int32_t returned = 0;
    Note<32> stranger;            // a callback from a thread that may not call it
    Note<32> untimely;            // a callback at a time when it may not be called
    Note<192> undeclared;         // a status that the method does not declare
    Note<192> bad_text;           // a message or a log line that is no text
    Note<64> extension;           // the first extension that it asked for
    Note<192> fault;              // which of its inputs it wrote to, or read beyond
    std::uint32_t privileges = 0; // SONDE_PRIVILEGE_ bits of the sockets that it asked for
    bool silent_failure = false;  // a failure without a word
    bool made_processes = false;
    std::array<Sample, 3> samples{}; // after a tenth of many runs in one process, after half and after all
    Sample last{};                   // after the last of them that came back, which was this one:
    std::uint32_t done = 0;
};

} // namespace sonde::checker
