#include "model/cells.hpp"

#include "support/catch.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace sonde;
using namespace sonde::model;

namespace {

std::span<const std::byte> bytes(std::string_view text)
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

} // namespace

TEST_CASE("each type of cell has its text form")
{
    CHECK(bool_text(true) == "true");
    CHECK(bool_text(false) == "false");
    CHECK(int_text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(double_text(0.1) == "0.1");
    CHECK(double_text(1e300) == "1e+300");
    CHECK(wall_text(WallTime(std::chrono::nanoseconds(1))) == "1970-01-01T00:00:00.000000001Z");
    CHECK(monotonic_text(17) == "17");
    CHECK(duration_text(std::chrono::milliseconds(-1)) == "-1000000");
}

TEST_CASE("bytes are written as RFC 4648's own examples of base64")
{
    CHECK(bytes_text({}) == "");
    CHECK(bytes_text(bytes("f")) == "Zg==");
    CHECK(bytes_text(bytes("fo")) == "Zm8=");
    CHECK(bytes_text(bytes("foo")) == "Zm9v");
    CHECK(bytes_text(bytes("foob")) == "Zm9vYg==");
    CHECK(bytes_text(bytes("fooba")) == "Zm9vYmE=");
    CHECK(bytes_text(bytes("foobar")) == "Zm9vYmFy");
    CHECK(bytes_text(bytes("\xff\xfe\xfd")) == "//79");
}

TEST_CASE("bytes of any number are read back as they were written, and what is no base64 is none")
{
    std::mt19937_64 random(std::random_device{}());
    for (std::size_t size = 0; size < 100; ++size) {
        std::string some(size, '\0');
        for (char &byte : some)
            byte = static_cast<char>(random());
        CHECK(bytes_of(bytes_text(bytes(some))) == some);
    }
    for (const char *wrong : {"Zg=", "Zg", "Z===", "====", "Zg==Zg==", "Zm9 ", "Zm9v\n"})
        CHECK_FALSE(bytes_of(wrong));
}

TEST_CASE("addresses are written as RFC 5952 asks")
{
    CHECK(address_text(bytes(std::string_view("\xc0\x00\x02\x01", 4))) == "192.0.2.1");
    std::array<std::byte, 16> address{};
    CHECK(address_text(address) == "::");
    address[15] = std::byte(1);
    CHECK(address_text(address) == "::1");
    address[0] = std::byte(0x20);
    address[1] = std::byte(0x01);
    address[2] = std::byte(0x0d);
    address[3] = std::byte(0xb8);
    CHECK(address_text(address) == "2001:db8::1");
    for (std::size_t i = 6; i < 16; i += 2)
        address[i + 1] = std::byte(1); // a single zero group is not shortened (section 4.2.2)
    CHECK(address_text(address) == "2001:db8:0:1:1:1:1:1");
}

TEST_CASE("a double reads back as the same number, whatever its bits")
{
    std::mt19937_64 random(17);
    for (int i = 0; i < 10'000; ++i) {
        const std::uint64_t bits = random();
        double value = 0;
        std::memcpy(&value, &bits, sizeof value);
        if (!std::isfinite(value))
            continue;
        const std::string text = double_text(value);
        CHECK(is_cell_text("double", text));
        CHECK(std::strtod(text.c_str(), nullptr) == value);
    }
}

TEST_CASE("the text form of another type is refused")
{
    for (const auto &[type, good] : {std::pair{"bool", "true"},
                                     {"int", "-1"},
                                     {"int", "0"},
                                     {"double", "-1.5e-300"},
                                     {"string", ""},
                                     {"string", "caf\xc3\xa9"},
                                     {"bytes", ""},
                                     {"bytes", "Zg=="},
                                     {"timestamp", "2026-11-24T04:05:06.000000000Z"},
                                     {"timestamp", "17"},
                                     {"duration", "-17"},
                                     {"address", "192.0.2.1"},
                                     {"address", "2001:db8::1"}}) {
        INFO(type << ' ' << good);
        CHECK(is_column_type(type));
        CHECK(is_cell_text(type, good));
    }
    for (const auto &[type, bad] : {std::pair{"bool", "1"},
                                    {"bool", ""},
                                    {"int", ""},
                                    {"int", "-"},
                                    {"int", "-0"},
                                    {"int", "01"},
                                    {"int", "+1"},
                                    {"int", "1.0"},
                                    {"int", "9223372036854775808"},
                                    {"double", "nan"},
                                    {"double", "inf"},
                                    {"double", "1e999"},
                                    {"double", ""},
                                    {"double", "1,5"},
                                    {"string", "\x01"},
                                    {"string", "\xff"},
                                    {"bytes", "Zg="},
                                    {"bytes", "Zg=a"},
                                    {"bytes", "===="},
                                    {"bytes", "Zm9_"},
                                    {"timestamp", "2026-11-24T04:05:06Z"},
                                    {"timestamp", "2026-11-24T05:05:06.0000000+01:00"},
                                    {"timestamp", ""},
                                    {"duration", "1ms"},
                                    {"address", "192.0.2"},
                                    {"address", "host"},
                                    {"address", ""},
                                    {"uuid", "1"},
                                    {"", ""}}) {
        INFO(type << ' ' << bad);
        CHECK_FALSE(is_cell_text(type, bad));
    }
    CHECK_FALSE(is_cell_text("address", std::string_view("192.0.2.1\0x", 11)));
    CHECK_FALSE(is_column_type("uuid"));
}
