#include "programs/cli/run_words.hpp"

#include "plugin_host/options.hpp"

#include <algorithm>

namespace sonde::cli {

namespace {

bool is_name(std::string_view text)
{
    return !text.empty() && text[0] >= 'a' && text[0] <= 'z' && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

bool is_flag(const frames::MethodDescription &method, const std::string &word)
{
    return std::any_of(method.options.begin(), method.options.end(),
                       [&](const auto &option) { return option.id == word && option.type == SONDE_BOOL; });
}

} // namespace

Result<std::vector<model::Option>> read_words(const frames::MethodDescription &method,
                                              const std::vector<std::string> &words)
{
    const frames::OptionDescription *option = plugin_host::positional(method);
    std::string positional = option != nullptr ? option->id : "";
    if (option == nullptr && (method.flags & SONDE_NEEDS_INTERFACE) != 0)
        positional = "interface";
    const bool repeats = option != nullptr && option->list;

    std::vector<model::Option> options;
    bool taken = false;
    for (const std::string &word : words) {
        const std::string id = std::to_string(options.size() + 1);
        const std::size_t equals = word.find('=');
        if (equals != std::string::npos && is_name(word.substr(0, equals))) {
            options.push_back({id, word.substr(0, equals), word.substr(equals + 1)});
        } else if (is_flag(method, word)) {
            options.push_back({id, word, std::nullopt});
        } else if (!positional.empty() && (!taken || repeats)) {
            taken = true;
            options.push_back({id, positional, word});
        } else {
            return Error{"", method.id + " does not know what '" + word.substr(0, 80) + "' is",
                         "its options have the form name=value"};
        }
    }
    return options;
}

Result<std::vector<frames::Parameter>> read_parameters(const frames::MethodDescription &method,
                                                       const std::vector<std::string> &words)
{
    std::vector<frames::Parameter> parameters;
    for (const std::string &word : words) {
        Result<frames::Parameter> parameter = plugin_host::parse_parameter(word);
        if (!parameter)
            return parameter.error();
        const auto &asked = method.parameters;
        if (std::find(asked.begin(), asked.end(), parameter->name) == asked.end()) {
            std::string hint;
            for (const std::string &each : asked)
                hint += (hint.empty() ? "it asks for " : ", ") + each;
            return Error{"--parameter", method.id + " does not ask for '" + parameter->name + "'", hint};
        }
        parameters.push_back(std::move(*parameter));
    }
    return parameters;
}

} // namespace sonde::cli
