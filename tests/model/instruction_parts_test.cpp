#include "model/instruction_json.hpp"
#include "model/instruction_parts.hpp"

#include "files.hpp"
#include "support/catch.hpp"

#include <array>

using namespace sonde;
using namespace sonde::model;

namespace {

constexpr const char *kTasks =
    R"({"ietf-lmap-control:lmap": {"tasks": {"task": [{"name": "ping", "program": "ping"}]}}})";
constexpr const char *kEvents =
    R"({"ietf-lmap-control:lmap": {"events": {"event": [{"name": "now", "immediate": [null]}]}}})";
constexpr const char *kSchedules = R"({"ietf-lmap-control:lmap": {"schedules": {"schedule": [
    {"name": "s", "start": "now", "execution-mode": "sequential", "action": [{"name": "a", "task": "ping"}]}]}}})";

std::string errors_of(std::vector<InstructionPart> parts)
{
    const auto reading = read_instruction_parts(parts);
    CHECK(reading.value.has_value() == reading.errors.empty());
    return to_lines(reading.errors);
}

} // namespace

TEST_CASE("parts refer to each other and are the instruction that they are together")
{
    const std::array<InstructionPart, 3> parts{{{"1.json", kSchedules}, {"2.json", kTasks}, {"3.json", kEvents}}};
    const auto reading = read_instruction_parts(parts);
    REQUIRE(reading.errors.empty());
    CHECK(reading->tasks.size() == 1);
    CHECK(reading->schedules.size() == 1);
    CHECK(reading->events.size() == 1);
    CHECK(*read_instruction(write_instruction(*reading)) == *reading);
    const std::array<InstructionPart, 1> whole{{{"ping.json", example("ping.json")}}};
    CHECK(*read_instruction_parts(whole) == *read_instruction(example("ping.json")));
}

TEST_CASE("what no part defines, two parts define, or one part has wrong is an error that names the part")
{
    CHECK(errors_of({{"1.json", kSchedules}, {"2.json", kTasks}}).find("no event named 'now'") != std::string::npos);
    CHECK(errors_of({{"1.json", kSchedules}, {"2.json", kTasks}, {"3.json", kEvents}, {"4.json", kEvents}}) ==
          "4.json: defines event 'now' a second time; '3.json' does already (one part says a thing, once)\n");
    CHECK(errors_of({{"1.json", R"({"ietf-lmap-control:lmap": {"agent": {"group-id": "a"}}})"},
                     {"2.json", R"({"ietf-lmap-control:lmap": {"agent": {"group-id": "b"}}})"}}) ==
          "2.json: a second part that configures the agent; '1.json' does already (one part says a thing, once)\n");
    CHECK(errors_of({{"1.json", "{"}, {"2.json", kTasks}}).starts_with("1.json: "));
    CHECK(errors_of({{"1.json", R"({"ietf-lmap-control:lmap": {"tusks": {}}})"}})
              .starts_with("1.json: /ietf-lmap-control:lmap"));
    CHECK(read_instruction_parts({}).errors.empty());
}
