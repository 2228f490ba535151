#include "model/capabilities_json.hpp"
#include "model/instruction_json.hpp"
#include "model/limits.hpp"
#include "model/report_json.hpp"

#include "files.hpp"
#include "random_model.hpp"
#include "support/catch.hpp"

using namespace sonde::model;

namespace {

std::string first(const std::string &text)
{
    const Reading<Instruction> reading = read_instruction(text);
    CHECK_FALSE(reading);
    return reading.errors.empty() ? "" : to_string(reading.errors[0]);
}

} // namespace

TEST_CASE("what is not JSON is refused with line and column")
{
    CHECK(first("") == "line 1, column 1: not JSON: The document is empty");
    CHECK(first(" \n\n") == "line 3, column 1: not JSON: The document is empty");
    CHECK(first("{\n  \"a\": 1,\n  b: 2\n}") == "line 3, column 3: not JSON: Missing a name for object member");
    CHECK(first("{} {}").find("line 1, column 4: not JSON: ") == 0);
    CHECK(first("\xff").find("not JSON") != std::string::npos);
    CHECK(first("{\"a\": NaN}").find("not JSON") != std::string::npos);
    CHECK(first("{\"a\": 01}").find("not JSON") != std::string::npos);
    CHECK(first("{\"a\": \"\x01\"}").find("not JSON") != std::string::npos);
    CHECK(first("// comment\n{}").find("not JSON") != std::string::npos);
}

TEST_CASE("a document of another kind is refused with the form of the right one")
{
    CHECK(first("[]") == "an object {\"ietf-lmap-control:lmap\": ...} was expected, here is an array");
    CHECK(first("null").find("was expected, here is null") != std::string::npos);
    CHECK(first("{}") == "/ietf-lmap-control:lmap: is missing (the document is {\"ietf-lmap-control:lmap\": ...})");
    CHECK(first(R"({"lmap": {}})") ==
          "/lmap: no node named 'lmap' (the document is {\"ietf-lmap-control:lmap\": ...})");
    CHECK(first(R"({"ietf-lmap-control:lmap": []})").find("an object was expected, here is an array") !=
          std::string::npos);
    CHECK_FALSE(read_report(R"({"ietf-lmap-control:lmap": {}})"));
}

TEST_CASE("a deep document is refused without a deep stack")
{
    for (const char *open : {"[", "{\"a\":"}) {
        std::string text;
        while (text.size() < kInstructionBytesMax - 100)
            text += open;
        CHECK(first(text).find("nested too deep (32 levels are the most)") != std::string::npos);
        CHECK(first(lmap("\"x\": " + text)).find("nested too deep") != std::string::npos);
    }
    std::string most(kDepthMax - 2, '[');
    most += std::string(kDepthMax - 2, ']');
    CHECK(first(lmap("\"x\": " + most)).find("no node named 'x'") != std::string::npos);
    CHECK(first(lmap("\"x\": [" + most + "]")).find("nested too deep") != std::string::npos);
}

TEST_CASE("a document over the limit is refused unread")
{
    CHECK(first(std::string(kInstructionBytesMax + 1, ' ')) == "the document has 1048577 bytes (1048576 is the most)");
    CHECK(first(std::string(kInstructionBytesMax, ' ')).find("not JSON") != std::string::npos);
    CHECK(read_report(std::string(kReportBytesMax + 1, ' ')).errors[0].hint == "16777216 is the most");
}

TEST_CASE("numbers of any size are refused or read, never wrapped")
{
    const auto interval = [](const std::string &number) {
        return first(lmap(R"("events": {"event": [{"name": "e", "periodic": {"interval": )" + number + "}}]}"));
    };
    CHECK(interval("18446744073709551617").find("not a whole number") != std::string::npos);
    CHECK(interval("18446744073709551615").find("out of range") != std::string::npos);
    CHECK(interval("-9223372036854775809").find("not a whole number") != std::string::npos);
    CHECK(interval("-9223372036854775808").find("out of range") != std::string::npos);
    CHECK(interval("1e400").find("not JSON") != std::string::npos);
    CHECK(interval("1e99999999999999999999").find("not JSON") != std::string::npos);
    CHECK(interval("1e-99999999999999999999").find("not a whole number") != std::string::npos);
    CHECK(interval("1" + std::string(100'000, '0')).find("not JSON") != std::string::npos);
    CHECK(interval("0." + std::string(100'000, '1')).find("not a whole number") != std::string::npos);
    CHECK(interval("-0").find("out of range") != std::string::npos);
    CHECK(interval("60.0").find("not a whole number") != std::string::npos);
}

TEST_CASE("malformed UTF-8 and NULs are refused wherever they are")
{
    const std::string good = R"("agent": {"group-id": "X"})";
    for (const char *bad : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\\ud800", "\\u12"}) {
        INFO(bad);
        CHECK(first(lmap(replaced(good, "X", bad))).find("not JSON") != std::string::npos);
        CHECK_FALSE(read_instruction(lmap(replaced(good, "group-id", bad))));
    }
    for (const char *bad : {"\\udc00x", "\\u0000", "\\u0001", "\\uffff", "\xef\xbf\xbf"}) {
        INFO(bad);
        CHECK(first(lmap(replaced(good, "X", bad))).find("YANG's string type") != std::string::npos);
    }
    CHECK(first(lmap(replaced(good, "X", std::string(1, '\0')))) == "line 1, column 52: not JSON: there is a NUL byte");
    CHECK(first(lmap(good) + '\0' + "{").find("there is a NUL byte") != std::string::npos);
    CHECK(first(lmap(replaced(good, "group-id", "group-id\\u0000"))).find("no node named") != std::string::npos);
}

TEST_CASE("a document cut at any byte is refused, and none of it is taken")
{
    RandomModel model(7);
    const std::string instruction = example("ping.json");
    const std::size_t end = instruction.rfind('}');
    for (std::size_t length = 0; length <= end; ++length)
        REQUIRE_FALSE(read_instruction(std::string_view(instruction).substr(0, length)));
    Report report = model.report();
    report.results.push_back(model.result());
    const std::string text = write_report(report);
    REQUIRE(read_report(text));
    for (std::size_t length = 0; length < text.size(); ++length)
        REQUIRE_FALSE(read_report(std::string_view(text).substr(0, length)));
}

TEST_CASE("damage at any byte is an error or another good document, never a crash")
{
    RandomModel model(11);
    const Report report = model.report();
    for (const std::string &text :
         {example("ping.json"), write_report(report), write_capabilities(model.capabilities())}) {
        for (std::size_t at = 0; at < text.size(); ++at) {
            std::string damaged = text;
            damaged[at] = static_cast<char>(model.upto(255));
            (void)read_instruction(damaged);
            (void)read_report(damaged);
            (void)read_capabilities(damaged);
            (void)read_failures(damaged);
        }
    }
}

TEST_CASE("a document of a million values is read in memory in proportion and refused in the end")
{
    std::string many = "\"x\": [";
    while (many.size() < kInstructionBytesMax - 1000)
        many += "0,";
    CHECK(first(lmap(many + "0]")).find("no node named 'x'") != std::string::npos);
}
