#pragma once

#include "frames/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sonde::plugin_host {

// All of a run's inputs together may be that long: its process has to hold them.
inline constexpr std::size_t kInputBytesMax = 16 * 1024 * 1024;

// A table that one run produced, kept for another that takes it as input (SONDE_TAKES_INPUT). Packed as it will be
// sent.
class Input {
public:
    // `method` is who produced it.
    Input(std::string method, frames::TableDescription table);
    Input(const Input &) = delete;
    Input &operator=(const Input &) = delete;

    // Adds a row that keeps the table's declaration.
    void add(std::span<const sonde_cell> cells);

    // As the process of a run holds them.
    std::size_t bytes() const { return bytes_; }

    // The messages (AgentToRun) that hand it over as a run's `index`-th input.
    std::vector<frames::Frame> messages(std::uint32_t index);

private:
    struct Batch {
        std::uint32_t rows;
        std::vector<std::byte> cells;
    };

    void close_batch();

    frames::InputTable message_;
    frames::RowFormat format_;
    frames::RowWriter writer_;
    std::vector<Batch> batches_;
    std::size_t bytes_ = 0;
};

} // namespace sonde::plugin_host
