#include "model/instruction_json.hpp"

#include "model/json/instruction_tables.hpp"
#include "model/json/root.hpp"

namespace sonde::model {

namespace json {

struct Tasks {
    static constexpr std::array fields{list<&Instruction::tasks, kTasksMax>("task")};
};

struct Schedules {
    static constexpr std::array fields{list<&Instruction::schedules, kSchedulesMax>("schedule")};
};

struct Suppressions {
    static constexpr std::array fields{list<&Instruction::suppressions, kSuppressionsMax>("suppression")};
};

struct Events {
    static constexpr std::array fields{list<&Instruction::events, kEventsMax>("event")};
};

template <>
struct Node<Instruction> {
    using S = Instruction;
    static constexpr std::array fields{
        state<S>("capabilities"),         container<&S::agent>("agent"),          group<S, Tasks>("tasks"),
        group<S, Schedules>("schedules"), group<S, Suppressions>("suppressions"), group<S, Events>("events"),
    };
};

} // namespace json

Reading<Instruction> read_instruction(std::string_view text)
{
    return json::read_document<Instruction>(text, kInstructionBytesMax, json::kInstructionRoot, check_instruction);
}

Reading<Instruction> read_instruction_part(std::string_view text)
{
    return json::read_document<Instruction>(text, kInstructionBytesMax, json::kInstructionRoot);
}

std::string write_instruction(const Instruction &instruction)
{
    return json::indented(json::write_document(instruction, json::kInstructionRoot));
}

} // namespace sonde::model
