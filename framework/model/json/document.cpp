#include "model/json/document.hpp"

#include "model/limits.hpp"

#include <rapidjson/encodedstream.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>

#include <algorithm>
#include <string>

namespace sonde::model::json {

namespace {

using rapidjson::SizeType;

// Builds the document, and stops when it gets too deep.
class DepthGuard {
public:
    explicit DepthGuard(rapidjson::Document &document) : document_(document) {}

    bool Null() { return document_.Null(); }
    bool Bool(bool value) { return document_.Bool(value); }
    bool Int(int value) { return document_.Int(value); }
    bool Uint(unsigned value) { return document_.Uint(value); }
    bool Int64(std::int64_t value) { return document_.Int64(value); }
    bool Uint64(std::uint64_t value) { return document_.Uint64(value); }
    bool Double(double value) { return document_.Double(value); }
    bool RawNumber(const char *text, SizeType length, bool copy) { return document_.RawNumber(text, length, copy); }
    bool String(const char *text, SizeType length, bool copy) { return document_.String(text, length, copy); }
    bool Key(const char *text, SizeType length, bool copy) { return document_.Key(text, length, copy); }
    bool StartObject() { return ++depth_ <= kDepthMax && document_.StartObject(); }
    bool StartArray() { return ++depth_ <= kDepthMax && document_.StartArray(); }
    bool EndObject(SizeType members)
    {
        --depth_;
        return document_.EndObject(members);
    }
    bool EndArray(SizeType elements)
    {
        --depth_;
        return document_.EndArray(elements);
    }

private:
    rapidjson::Document &document_;
    std::size_t depth_ = 0;
};

struct Generator {
    std::string_view text;
    rapidjson::ParseResult result;

    bool operator()(rapidjson::Document &document)
    {
        rapidjson::MemoryStream memory(text.data(), text.size());
        rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> stream(memory);
        DepthGuard guard(document);
        rapidjson::Reader reader;
        constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
        result = reader.Parse<kFlags>(stream, guard);
        return !result.IsError();
    }
};

std::string line_and_column(std::string_view text, std::size_t offset)
{
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t last = before.rfind('\n');
    const std::size_t column = last == std::string_view::npos ? before.size() + 1 : before.size() - last;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

} // namespace

std::optional<Error> parse(std::string_view text, std::size_t bytes_max, rapidjson::Document &document)
{
    if (text.size() > bytes_max)
        return Error{"", "the document has " + std::to_string(text.size()) + " bytes",
                     std::to_string(bytes_max) + " is the most"};
    // RapidJSON takes a NUL for the end and would not look at what follows.
    if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
        return Error{line_and_column(text, nul), "not JSON: there is a NUL byte", ""};
    Generator generator{text, {}};
    document.Populate(generator);
    if (!generator.result.IsError())
        return std::nullopt;
    const std::string where = line_and_column(text, generator.result.Offset());
    if (generator.result.Code() == rapidjson::kParseErrorTermination)
        return Error{where, "nested too deep", std::to_string(kDepthMax) + " levels are the most"};
    std::string what = rapidjson::GetParseError_En(generator.result.Code());
    if (what.ends_with('.'))
        what.pop_back();
    return Error{where, "not JSON: " + what, ""};
}

} // namespace sonde::model::json
