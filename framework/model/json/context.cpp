#include "model/json/context.hpp"

#include "model/json/nearest.hpp"
#include "model/json/path.hpp"
#include "model/limits.hpp"

namespace sonde::model::json {

namespace {

std::string kind_of(const Value &value)
{
    if (value.IsString())
        return "the string '" + shown(text_of(value)) + "'";
    if (value.IsNumber())
        return "a number";
    if (value.IsBool())
        return value.GetBool() ? "true" : "false";
    return value.IsObject() ? "an object" : value.IsArray() ? "an array" : "null";
}

} // namespace

std::string predicate(std::string_view key_name, std::string_view key)
{
    const char quote = key.find('\'') == std::string_view::npos ? '\'' : '"';
    return '[' + std::string(key_name) + '=' + quote + shown(key) + quote + ']';
}

std::string Context::path() const
{
    std::string path;
    for (const Step &step : steps_) {
        if (!step.name.empty())
            path += '/' + std::string(step.name);
        if (!step.key_name.empty())
            path += predicate(step.key_name, step.key);
        else if (step.position != 0)
            path += '[' + std::to_string(step.position) + ']';
    }
    return path;
}

bool Context::full() const
{
    return errors_.size() > kErrorsMax;
}

void Context::error(std::string what, std::string hint)
{
    if (errors_.size() < kErrorsMax)
        errors_.push_back({path(), std::move(what), std::move(hint)});
    else if (errors_.size() == kErrorsMax)
        errors_.push_back({"", "more than " + std::to_string(kErrorsMax) + " errors, the rest was not read", ""});
}

void Context::error_at(std::string_view child, std::string what, std::string hint)
{
    const std::string name = shown(child);
    const Inside inside(*this, {.name = name});
    error(std::move(what), std::move(hint));
}

void Context::wrong_type(std::string_view expected, const Value &value, std::string hint)
{
    error(std::string(expected) + " was expected, here is " + kind_of(value), std::move(hint));
}

} // namespace sonde::model::json
