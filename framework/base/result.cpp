#include "base/result.hpp"

namespace sonde {

std::string to_string(const Error &error)
{
    std::string text = error.where;
    if (!text.empty() && !error.what.empty())
        text += ": ";
    text += error.what;
    if (!error.hint.empty())
        text += " (" + error.hint + ")";
    return text;
}

void throw_exception_from_error(const Error &error, const boost::source_location &)
{
    throw std::runtime_error(to_string(error));
}

} // namespace sonde
