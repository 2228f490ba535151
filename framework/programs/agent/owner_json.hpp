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

namespace sonde::agent {

// An answer on the owner's socket as it grows: members of objects and items of lists, one after the other.
class OwnerJson {
public:
    OwnerJson() : json_(buffer_) { json_.StartObject(); }

    OwnerJson &begin_list(const char *name)
    {
        json_.Key(name);
        json_.StartArray();
        return *this;
    }
    OwnerJson &end_list()
    {
        json_.EndArray();
        return *this;
    }
    OwnerJson &begin_object(const char *name)
    {
        json_.Key(name);
        json_.StartObject();
        return *this;
    }
    OwnerJson &begin_item()
    {
        json_.StartObject();
        return *this;
    }
    OwnerJson &end_object()
    {
        json_.EndObject();
        return *this;
    }
    OwnerJson &item(std::string_view text)
    {
        json_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
        return *this;
    }

    OwnerJson &add(const char *name, std::string_view text)
    {
        json_.Key(name);
        return item(text);
    }
    OwnerJson &add(const char *name, std::same_as<bool> auto value)
    {
        json_.Key(name);
        json_.Bool(value);
        return *this;
    }
    OwnerJson &add(const char *name, std::integral auto number)
        requires(!std::same_as<decltype(number), bool>)
    {
        json_.Key(name);
        if constexpr (std::signed_integral<decltype(number)>)
            json_.Int64(number);
        else
            json_.Uint64(number);
        return *this;
    }
    OwnerJson &add(const char *name, const std::optional<WallTime> &time)
    {
        return time ? add(name, std::string_view(model::format_timestamp(*time))) : null(name);
    }
    OwnerJson &add(const char *name, const Uuid &id) { return add(name, std::string_view(to_string(id))); }
    OwnerJson &null(const char *name)
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

} // namespace sonde::agent
