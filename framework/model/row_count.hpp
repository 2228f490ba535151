#pragma once

#include "model/report.hpp"

#include <cstdint>

namespace sonde::model {

// Over all tables of a result's part.
inline std::uint64_t row_count(const ReportedResult &part)
{
    std::uint64_t rows = 0;
    for (const Table &table : part.tables)
        rows += table.rows.size();
    return rows;
}

} // namespace sonde::model
