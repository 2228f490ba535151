#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace sonde {

// What went wrong in something read from outside: where (file, path, line, peer), what was wrong, and what would be
// right. `hint` may be empty. An error is shown to a person as "where: what (hint)".
struct Error {
    std::string where;
    std::string what;
    std::string hint;

    Error() = default;
    // No aggregate: C++20 would take one for constructible from a lone string, and a Result<std::string> would not know
    // which of its two a string is.
    Error(std::string place, std::string wrong, std::string right = {})
        : where(std::move(place)), what(std::move(wrong)), hint(std::move(right))
    {
    }

    bool operator==(const Error &) const = default;
};

// "where: what (hint)", leaving out what is empty.
std::string to_string(const Error &error);

// A value, or the Error that a caller handles. Exceptions are for bugs and for what ends the program; no function uses
// both. `result.value()` on an error throws, so call it only where an error would be a bug.
template <class T>
using Result = boost::system::result<T, Error>;

// Found by Boost.System through argument-dependent lookup when value() is called on an error.
[[noreturn]] void throw_exception_from_error(const Error &error, const boost::source_location &where);

} // namespace sonde
