#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/date_time.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::model::json {

// An object as it grows: members of objects and items of lists, one after the other.
class ObjectText {
public:
    ObjectText() : json_(buffer_) { json_.StartObject(); }

    ObjectText &begin_list(const char *name)
    {
        json_.Key(name);
        json_.StartArray();
        return *this;
    }
    ObjectText &end_list()
    {
        json_.EndArray();
        return *this;
    }
    ObjectText &begin_object(const char *name)
    {
        json_.Key(name);
        json_.StartObject();
        return *this;
    }
    ObjectText &begin_item()
    {
        json_.StartObject();
        return *this;
    }
    ObjectText &end_object()
    {
        json_.EndObject();
        return *this;
    }
    ObjectText &item(std::string_view text)
    {
        json_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
        return *this;
    }

    ObjectText &add(const char *name, std::string_view text)
    {
        json_.Key(name);
        return item(text);
    }
    ObjectText &add(const char *name, std::same_as<bool> auto value)
    {
        json_.Key(name);
        json_.Bool(value);
        return *this;
    }
    ObjectText &add(const char *name, std::integral auto number)
        requires(!std::same_as<decltype(number), bool>)
    {
        json_.Key(name);
        if constexpr (std::signed_integral<decltype(number)>)
            json_.Int64(number);
        else
            json_.Uint64(number);
        return *this;
    }
    ObjectText &add(const char *name, double number)
    {
        json_.Key(name);
        json_.Double(number);
        return *this;
    }
    ObjectText &add(const char *name, const std::optional<WallTime> &time)
    {
        return time ? add(name, std::string_view(format_timestamp(*time))) : null(name);
    }
    ObjectText &add(const char *name, const Uuid &id) { return add(name, std::string_view(sonde::to_string(id))); }
    ObjectText &null(const char *name)
    {
        json_.Key(name);
        json_.Null();
        return *this;
    }

    // Ends the whole; nothing follows.
    std::string text()
    {
        json_.EndObject();
        return {buffer_.GetString(), buffer_.GetSize()};
    }

private:
    rapidjson::StringBuffer buffer_;
    rapidjson::Writer<rapidjson::StringBuffer> json_;
};

} // namespace sonde::model::json
