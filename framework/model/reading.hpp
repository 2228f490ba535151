#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sonde::model {

// What reading a document gave: the value, or every error found in it (kErrorsMax at most), each with the path of the
// node as `where`: /ietf-lmap-control:lmap/schedules/schedule[name='hourly']/start. Warnings may come with either.
template <class T>
struct Reading {
    std::optional<T> value{}; // absent exactly when there are errors
    std::vector<Error> errors{};
    std::vector<Error> warnings{};

    explicit operator bool() const { return value.has_value(); }
    // Only where there are no errors, as with the optional itself.
    // NOLINTBEGIN(bugprone-unchecked-optional-access)
    const T &operator*() const & { return *value; }
    T &operator*() & { return *value; }
    T &&operator*() && { return std::move(*value); }
    const T *operator->() const { return &*value; }
    T *operator->() { return &*value; }
    // NOLINTEND(bugprone-unchecked-optional-access)

    // The first error, with the number of further ones as hint where it has none: for callers that show only one.
    Result<T> first() &&
    {
        if (value)
            return std::move(*value);
        Error error = errors.front();
        if (errors.size() > 1 && error.hint.empty())
            error.hint = "and " + std::to_string(errors.size() - 1) + " more";
        return error;
    }
};

// One line an error, as to_string() shows it, each ended by a newline.
std::string to_lines(const std::vector<Error> &errors);

} // namespace sonde::model
