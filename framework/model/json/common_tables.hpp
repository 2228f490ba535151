#pragma once

#include "model/instruction.hpp"
#include "model/json/table.hpp"
#include "model/report.hpp"

// The groupings of ietf-lmap-common and of our own module, which instructions, states, reports and capabilities share.
namespace sonde::model::json {

template <>
struct Node<Function> {
    static constexpr std::string_view key = "uri";
    static constexpr std::array fields{
        leaf<&Function::uri, Uri>("uri", kMandatory),
        leaf_list<&Function::roles, Text, kTagsMax, kUnique>("role"),
    };
};

template <>
struct Node<Option> {
    static constexpr std::string_view key = "id";
    static constexpr std::array fields{
        leaf<&Option::id, Name>("id", kMandatory),
        // YANG lets it be absent, but an option without a name could only be ignored.
        leaf<&Option::name, Name>("name", kMandatory),
        leaf<&Option::value, Text>("value"),
    };
};

template <>
struct Node<ClockState> {
    using S = ClockState;
    static constexpr std::array fields{
        leaf<&S::synchronised, Boolean>("synchronised", kMandatory),
        leaf<&S::estimated_error_us, Integer<std::uint32_t>>("estimated-error"),
    };
};

} // namespace sonde::model::json
