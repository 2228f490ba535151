#pragma once

#include "frames/messages.hpp"

#include <bit>
#include <chrono>
#include <concepts>
#include <cstring>
#include <limits>
#include <type_traits>

// Private to frames. One list of fields a struct (fields.hpp) serves writing and reading. Integers are little-endian
// and of their type's width, text and lists carry a 32-bit count, an optional one byte.
namespace sonde::frames {

// By which programs of two releases that meet during an upgrade tell each other apart: to be raised by the first change
// of a message after a release.
inline constexpr std::uint8_t kFrameVersion = 1;
inline constexpr std::size_t kHeaderBytes = 4; // version, direction, message, zero

template <class T>
concept Number = (std::integral<T> && !std::same_as<T, bool>) || std::floating_point<T>;

class Writer {
public:
    static constexpr bool kReads = false;

    explicit Writer(Frame &out) : out_(out) {}

    template <Number T>
    void number(T value)
    {
        using Bits = std::conditional_t<std::floating_point<T>, std::uint64_t,
                                        std::make_unsigned_t<std::conditional_t<std::floating_point<T>, int, T>>>;
        const auto bits = std::bit_cast<Bits>(value);
        for (std::size_t i = 0; i < sizeof bits; ++i)
            out_.push_back(static_cast<std::byte>(bits >> (8 * i)));
    }

    void raw(std::span<const std::byte> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

private:
    Frame &out_;
};

class Reader {
public:
    static constexpr bool kReads = true;

    explicit Reader(std::span<const std::byte> in) : rest_(in) {}

    // Once false, whatever was read is to be thrown away.
    bool ok() const { return what_ == nullptr; }
    const char *what() const { return what_; }
    void fail(const char *what)
    {
        if (ok())
            what_ = what;
        rest_ = {};
    }
    std::size_t left() const { return rest_.size(); }

    template <Number T>
    void number(T &value)
    {
        using Bits = std::conditional_t<std::floating_point<T>, std::uint64_t,
                                        std::make_unsigned_t<std::conditional_t<std::floating_point<T>, int, T>>>;
        const std::span<const std::byte> bytes = raw(sizeof(Bits));
        Bits bits = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            bits |= static_cast<Bits>(static_cast<Bits>(bytes[i]) << (8 * i));
        value = std::bit_cast<T>(bits);
    }

    // The next `count` bytes, or none of them.
    std::span<const std::byte> raw(std::size_t count)
    {
        if (count > rest_.size()) {
            fail("it ends too early");
            return {};
        }
        const auto bytes = rest_.first(count);
        rest_ = rest_.subspan(count);
        return bytes;
    }

private:
    std::span<const std::byte> rest_;
    const char *what_ = nullptr;
};

// A field of a struct that is being read or written.
template <class Codec, class T>
using Field = std::conditional_t<Codec::kReads, T, const T>;

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class Codec, class T>
void field(Codec &codec, T &value);

template <class Codec, class... T>
void each(Codec &codec, T &...values)
{
    (field(codec, values), ...);
}

template <class Codec, class T>
void flag(Codec &codec, T &value)
{
    auto byte = static_cast<std::uint8_t>(value);
    codec.number(byte);
    if constexpr (Codec::kReads) {
        if (byte > 1)
            codec.fail("a flag that is neither 0 nor 1");
        value = byte == 1;
    }
}

template <class Codec, class T>
void text(Codec &codec, T &value)
{
    auto size = static_cast<std::uint32_t>(value.size());
    codec.number(size);
    if constexpr (Codec::kReads) {
        const auto bytes = codec.raw(size);
        value.assign(reinterpret_cast<const char *>(bytes.data()), bytes.size());
        // Such text becomes C strings: file names, interfaces, a plugin's values.
        if (value.find('\0') != value.npos)
            codec.fail("a NUL in a text");
    } else {
        codec.raw(std::as_bytes(std::span(value)));
    }
}

template <class Codec, class T>
void list(Codec &codec, T &items)
{
    auto count = static_cast<std::uint32_t>(items.size());
    codec.number(count);
    if constexpr (Codec::kReads) {
        // Each item takes at least a byte; nothing is allocated on the word of a count.
        if (count > codec.left())
            codec.fail("a count beyond its end");
        for (; count > 0 && codec.ok(); --count)
            field(codec, items.emplace_back());
    } else {
        for (const auto &item : items)
            field(codec, item);
    }
}

template <class Codec, class T>
void maybe(Codec &codec, T &value)
{
    bool present = value.has_value();
    flag(codec, present);
    if constexpr (Codec::kReads) {
        if (present)
            value.emplace();
    }
    if (present)
        field(codec, *value);
}

template <class Codec>
void time(Codec &codec, Field<Codec, MonotonicTime> &value)
{
    std::int64_t ns = value.time_since_epoch().count();
    codec.number(ns);
    if constexpr (Codec::kReads)
        value = MonotonicTime(std::chrono::nanoseconds(ns));
}

template <class Codec, class T>
void field(Codec &codec, T &value)
{
    using Plain = std::remove_const_t<T>;
    if constexpr (std::same_as<Plain, bool>) {
        flag(codec, value);
    } else if constexpr (Number<Plain>) {
        codec.number(value);
    } else if constexpr (std::is_enum_v<Plain>) {
        auto number = static_cast<std::underlying_type_t<Plain>>(value);
        codec.number(number);
        if constexpr (Codec::kReads)
            value = static_cast<Plain>(number);
    } else if constexpr (std::same_as<Plain, std::string>) {
        text(codec, value);
    } else if constexpr (std::same_as<Plain, MonotonicTime>) {
        time(codec, value);
    } else if constexpr (IsVector<Plain>::value) {
        list(codec, value);
    } else if constexpr (IsOptional<Plain>::value) {
        maybe(codec, value);
    } else {
        fields(codec, value);
    }
}

} // namespace sonde::frames
