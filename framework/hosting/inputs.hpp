#pragma once

#include "base/result.hpp"
#include "frames/messages.hpp"

#include <sonde/plugin.h>

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace sonde::hosting {

// The tables that a run takes as input, as its method sees them. Owns all that they point to.
class Inputs {
public:
    // Receives them over the run's socket, up to InputsEnd, and items that the lists among `values` have besides.
    // Blocks.
    static Result<Inputs> receive(int agent, std::vector<frames::OptionValue> &values);

    // Valid until this object is moved or destroyed.
    std::span<const sonde_input> get();

private:
    struct Table {
        explicit Table(frames::InputTable given) : declared(std::move(given)) {}

        frames::InputTable declared;
        std::vector<const char *> columns;
        std::vector<sonde_cell> cells;
        std::deque<std::string> bytes; // what the cells point to, with the NUL that strings at run time have
        std::uint64_t rows = 0;
    };

    Result<void> add(const frames::Rows &rows);

    std::deque<Table> tables_;
    std::vector<sonde_input> inputs_;
};

} // namespace sonde::hosting
