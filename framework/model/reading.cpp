#include "model/reading.hpp"

namespace sonde::model {

std::string to_lines(const std::vector<Error> &errors)
{
    std::string lines;
    for (const Error &error : errors)
        lines += to_string(error) + '\n';
    return lines;
}

} // namespace sonde::model
