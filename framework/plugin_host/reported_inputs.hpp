#pragma once

#include "base/result.hpp"
#include "model/report.hpp"
#include "plugin_host/input.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace sonde::plugin_host {

// Results as they are reported, made the input of a run: the way back from cells.hpp. Tables of one name and one method
// that have the same columns are one input, its rows in the order of the results. Any of its cells may be null: a
// result does not say in which column none is.
class ReportedInputs {
public:
    // Adds the tables of a result. False, and nothing is added, if all inputs together would be longer than
    // kInputBytesMax; an Error, and nothing is added, if it cannot be the input of any run.
    Result<bool> add(const model::ReportedResult &result);

    std::vector<std::shared_ptr<Input>> inputs() const;

private:
    struct Kept {
        std::string method;
        std::string table;
        std::vector<model::Column> columns;
        std::shared_ptr<Input> input;
    };

    Input &input_of(const std::string &method, const model::Table &table);

    std::vector<Kept> kept_;
    std::size_t bytes_ = 0;
};

} // namespace sonde::plugin_host
