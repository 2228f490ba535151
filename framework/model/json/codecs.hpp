#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/json/context.hpp"
#include "model/json/schema.hpp"
#include "model/limits.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

// How the YANG types that the model uses look in JSON (RFC 7951 section 6). A codec reads into a value, which it leaves
// alone after an error, and writes one.
namespace sonde::model::json {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer &writer, std::string_view text);

// Checks that the value is a string that YANG allows and counts its bytes.
bool read_text(Context &context, const Value &value, std::size_t bytes_min, std::size_t bytes_max,
               std::string_view &text);
bool read_integer(Context &context, const Value &value, std::int64_t least, std::int64_t most, std::int64_t &number);
bool read_uint64(Context &context, const Value &value, std::uint64_t least, std::uint64_t &number);

template <std::size_t BytesMin, std::size_t BytesMax>
struct BoundedText {
    static constexpr Shape kShape{};

    static void read(Context &context, const Value &value, std::string &target)
    {
        std::string_view text;
        if (read_text(context, value, BytesMin, BytesMax, text))
            target = text;
    }
    static void write(Writer &writer, const std::string &text) { put(writer, text); }
};
using Text = BoundedText<0, kTextBytesMax>;
using Name = BoundedText<1, kNameBytesMax>; // lmap:identifier and lmap:tag

// A string of a certain form: Form::fits(text), and Form::kExpected says in words what it is.
template <class Form>
struct Pattern {
    static constexpr Shape kShape{};

    static void read(Context &context, const Value &value, std::string &target)
    {
        std::string_view text;
        if (!read_text(context, value, 0, kTextBytesMax, text))
            return;
        if (Form::fits(text))
            target = text;
        else
            context.wrong_type(Form::kExpected, value);
    }
    static void write(Writer &writer, const std::string &text) { put(writer, text); }
};

struct UriForm {
    static constexpr std::string_view kExpected = "a URI";
    static bool fits(std::string_view text);
};
using Uri = Pattern<UriForm>;

struct HashForm {
    static constexpr std::string_view kExpected = "a SHA-256 hash, 64 lower-case hexadecimal digits,";
    static bool fits(std::string_view text);
};
using Hash = Pattern<HashForm>;

// That of a network interface: IFNAMSIZ has room for 15 bytes.
struct InterfaceForm {
    static constexpr std::string_view kExpected = "the name of an interface, like eth0,";
    static bool fits(std::string_view text);
};
using InterfaceName = Pattern<InterfaceForm>;

struct CycleForm {
    static constexpr std::string_view kExpected = "a cycle number, YYYYMMDD.HHMMSS,";
    static bool fits(std::string_view text);
};
using CycleNumber = Pattern<CycleForm>;

struct ColumnTypeForm {
    static constexpr std::string_view kExpected = "bool, int, double, string, bytes, timestamp, duration or address";
    static bool fits(std::string_view text);
};
using ColumnType = Pattern<ColumnTypeForm>;

struct Boolean {
    static constexpr Shape kShape{.scalar = Scalar::boolean};

    static void read(Context &context, const Value &value, bool &target);
    static void write(Writer &writer, bool value) { writer.Bool(value); }
};

template <class T, T Least = std::numeric_limits<T>::min(), T Most = std::numeric_limits<T>::max()>
struct Integer {
    static constexpr Shape kShape{.scalar = Scalar::number};

    static void read(Context &context, const Value &value, T &target)
    {
        std::int64_t number = 0;
        if (read_integer(context, value, Least, Most, number))
            target = static_cast<T>(number);
    }
    static void write(Writer &writer, T value) { writer.Int64(value); }
};

// uint64 is a string in JSON, since many readers keep numbers as doubles.
template <std::uint64_t Least>
struct UnsignedFrom {
    static constexpr Shape kShape{};

    static void read(Context &context, const Value &value, std::uint64_t &target)
    {
        read_uint64(context, value, Least, target);
    }
    static void write(Writer &writer, std::uint64_t value) { put(writer, std::to_string(value)); }
};
using Unsigned64 = UnsignedFrom<0>;

// uint32 in seconds.
template <std::uint32_t Least, std::uint32_t Most = std::numeric_limits<std::uint32_t>::max()>
struct SecondsFrom {
    static constexpr Shape kShape{.scalar = Scalar::number};

    static void read(Context &context, const Value &value, std::chrono::seconds &target)
    {
        std::int64_t number = 0;
        if (read_integer(context, value, Least, Most, number))
            target = std::chrono::seconds(number);
    }
    static void write(Writer &writer, std::chrono::seconds value) { writer.Int64(value.count()); }
};
using Seconds = SecondsFrom<0>;

struct DateTime {
    static constexpr Shape kShape{};

    static void read(Context &context, const Value &value, WallTime &target);
    static void write(Writer &writer, WallTime value);
};

// Hours and minutes, 22:30.
struct TimeOfDay {
    static constexpr Shape kShape{};

    static void read(Context &context, const Value &value, std::chrono::minutes &target);
    static void write(Writer &writer, std::chrono::minutes value);
};

struct UuidText {
    static constexpr Shape kShape{};

    static void read(Context &context, const Value &value, Uuid &target);
    static void write(Writer &writer, const Uuid &value);
};

// YANG's type `empty`: [null].
template <class T>
struct Empty {
    static constexpr Shape kShape{.scalar = Scalar::empty};

    static void read(Context &context, const Value &value, T &)
    {
        if (!value.IsArray() || value.Size() != 1 || !value[0].IsNull())
            context.wrong_type("[null]", value, "a leaf without a value is written so (RFC 7951 section 6.9)");
    }
    static void write(Writer &writer, const T &)
    {
        writer.StartArray();
        writer.Null();
        writer.EndArray();
    }
};

} // namespace sonde::model::json
