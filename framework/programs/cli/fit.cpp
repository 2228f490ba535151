#include "programs/cli/fit.hpp"

namespace sonde::cli {

std::vector<bool> fit(std::span<const Asking> columns, std::size_t room)
{
    constexpr std::size_t gap = 2;
    std::vector<bool> stays(columns.size(), true);
    std::size_t used = 0, left = columns.size();
    for (const Asking &column : columns)
        used += column.width + gap;
    while (left > 1 && used - gap > room) {
        std::size_t least = columns.size();
        for (std::size_t i = columns.size(); i-- > 0;)
            if (stays[i] && (least == columns.size() || columns[i].importance < columns[least].importance))
                least = i;
        stays[least] = false;
        used -= columns[least].width + gap;
        --left;
    }
    return stays;
}

} // namespace sonde::cli
