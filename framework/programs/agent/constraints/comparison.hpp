#pragma once

#include "model/constraint.hpp"
#include "plugin_host/host.hpp"
#include "programs/agent/constraints/verdict.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::agent {

// Whether the comparison holds of a cell, in the text form of its column's type: numbers, durations and timestamps are
// compared by their size, addresses as addresses, all else as text. Nothing: `value` is no value of that type, or the
// comparison is one of size and the type has none.
std::optional<bool> holds(std::string_view type, std::string_view cell, model::Comparison comparison,
                          std::string_view value);

// Compares the rows of a run with what a constraint wants of them, and keeps none.
class ComparedRows : public plugin_host::RowSink {
public:
    // `traffic` is told the bytes that the run has put on the line so far. All outlive this.
    ComparedRows(const model::MethodResult &wanted, const frames::MethodDescription &method,
                 std::function<void(std::uint64_t)> traffic);

    void row(std::uint32_t table, std::span<const sonde_cell> cells) override;
    void traffic(std::uint64_t sent_bytes, std::uint64_t received_bytes) override;

    // After the last row.
    Verdict verdict() const;

private:
    const model::MethodResult &wanted_;
    const frames::ColumnDescription *column_ = nullptr;
    std::size_t table_ = 0;
    std::size_t position_ = 0; // of the column
    std::string type_;         // of the column
    std::function<void(std::uint64_t)> traffic_;
    bool compared_ = false; // a row was
    std::string against_;   // why not: of the first one of which it does not hold
};

} // namespace sonde::agent
