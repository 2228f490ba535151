#include "programs/cli/answer_row.hpp"

#include <rapidjson/error/en.h>

#include <algorithm>

namespace sonde::cli {

namespace {

// How deeply brackets are nested outside of strings: known before anything that recurses looks at the line.
std::size_t depth_of(std::string_view line)
{
    std::size_t depth = 0, deepest = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"')
            quoted = !quoted;
        else if (quoted && c == '\\')
            ++i;
        else if (!quoted && (c == '{' || c == '['))
            deepest = std::max(deepest, ++depth);
        else if (!quoted && (c == '}' || c == ']') && depth > 0)
            --depth;
    }
    return deepest;
}

} // namespace

Result<rapidjson::Document> read_answer_row(std::string_view line)
{
    if (line.size() > kLineBytesMax)
        return Error{"", "a line is longer than " + std::to_string(kLineBytesMax) + " bytes", ""};
    if (depth_of(line) > kLineDepthMax)
        return Error{"", "a line is nested more than " + std::to_string(kLineDepthMax) + " deep", ""};
    rapidjson::Document row;
    row.Parse(line.data(), line.size());
    if (row.HasParseError())
        return Error{"", std::string("a line is no JSON: ") + rapidjson::GetParseError_En(row.GetParseError()), ""};
    if (!row.IsObject())
        return Error{"", "a line is no JSON object", ""};
    return row;
}

} // namespace sonde::cli
