#pragma once

#include "base/result.hpp"

#include <rapidjson/document.h>

#include <string>
#include <string_view>
#include <vector>

namespace sonde::model::json {

using Value = rapidjson::Value;

inline std::string_view text_of(const Value &value)
{
    return {value.GetString(), value.GetStringLength()};
}

// Where reading has got to, and the errors found on the way. The path is a stack of references into the document; it
// becomes text only when there is an error to report.
class Context {
public:
    // One node on the way, or, with an empty name, an entry of the list above: by its key, or by its position (from 1)
    // where it has none.
    struct Step {
        std::string_view name;
        std::string_view key_name{};
        std::string_view key{};
        std::size_t position = 0;
    };

    // Descends as long as it lives.
    class Inside {
    public:
        Inside(Context &context, Step step) : context_(context) { context_.steps_.push_back(step); }
        ~Inside() { context_.steps_.pop_back(); }
        Inside(const Inside &) = delete;
        Inside &operator=(const Inside &) = delete;

    private:
        Context &context_;
    };

    void error(std::string what, std::string hint = {});
    void error_at(std::string_view child, std::string what, std::string hint = {});
    // "a string was expected, here is a number"
    void wrong_type(std::string_view expected, const Value &value, std::string hint = {});

    // Nothing more will be recorded, so that reading may stop.
    bool full() const;

    std::vector<Error> take_errors() { return std::move(errors_); }

private:
    std::string path() const;

    std::vector<Step> steps_;
    std::vector<Error> errors_;
};

} // namespace sonde::model::json
