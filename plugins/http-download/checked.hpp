#pragma once

#include <string>
#include <utility>
#include <variant>

namespace sonde::http_download {

// Why something from outside was not accepted: a sentence for a person.
struct Complaint {
    std::string text;
};

template <class T>
using Checked = std::variant<T, Complaint>;

} // namespace sonde::http_download
