#pragma once

#include "model/constraint.hpp"
#include "model/json/table.hpp"

// What sonde-lmap has of constraints, retries and budgets.
namespace sonde::model::json {

// A struct with one member that YANG has as a leaf.
template <auto Member, class Codec>
struct Only {
    static constexpr Shape kShape = Codec::kShape;

    static void read(Context &context, const Value &value, StructOf<Member> &target)
    {
        Codec::read(context, value, target.*Member);
    }
    static void write(Writer &writer, const StructOf<Member> &source) { Codec::write(writer, source.*Member); }
};

template <>
struct Node<DataBudget> {
    using S = DataBudget;
    static constexpr std::array fields{
        leaf<&S::bytes_per_day, Unsigned64>("bytes-per-day"),
        leaf<&S::bytes_per_month, Unsigned64>("bytes-per-month"),
        leaf<&S::rate_bytes_per_second, UnsignedFrom<1>>("bytes-per-second"),
        leaf<&S::burst_bytes, UnsignedFrom<1>>("burst-bytes"),
    };
};

template <>
struct Node<LineIdle> {
    using S = LineIdle;
    static constexpr std::array fields{
        leaf<&S::interface, InterfaceName>("interface"),
        leaf<&S::bytes_per_second_max, Unsigned64>("bytes-per-second-max", kMandatory),
        leaf<&S::window, SecondsFrom<1, kLineIdleWindowMax>>("window"),
    };
};

template <>
struct Node<InterfaceUp> {
    static constexpr std::array fields{leaf<&InterfaceUp::interface, InterfaceName>("interface", kMandatory)};
};

template <>
struct Node<LocalTimeWindow> {
    using S = LocalTimeWindow;
    static constexpr std::array fields{
        leaf<&S::from, TimeOfDay>("from", kMandatory),
        leaf<&S::until, TimeOfDay>("until", kMandatory),
    };
};

struct ComparisonWord {
    static constexpr Shape kShape{};
    static constexpr std::array<std::string_view, 6> kWords{"less",      "less-or-equal",    "equal",
                                                            "not-equal", "greater-or-equal", "greater"};

    static void read(Context &context, const Value &value, Comparison &target)
    {
        read_word(context, value, "comparison", kWords, target);
    }
    static void write(Writer &writer, Comparison value) { put(writer, kWords.at(static_cast<std::size_t>(value))); }
};

template <>
struct Node<MethodResult> {
    using S = MethodResult;
    static constexpr std::array fields{
        leaf<&S::task, Name>("task", kMandatory),     leaf<&S::table, Name>("table", kMandatory),
        leaf<&S::column, Name>("column", kMandatory), leaf<&S::comparison, ComparisonWord>("comparison", kMandatory),
        leaf<&S::value, Text>("value", kMandatory),
    };
};

inline constexpr Choice kConstraintType{"constraint type", kMandatory};

template <>
struct Node<Constraint> {
    using S = Constraint;
    static constexpr std::string_view key = "name";
    static constexpr std::array fields{
        leaf<&S::name, Name>("name", kMandatory),
        alternative<&S::type, LineIdle, Object<LineIdle>>("line-idle", kConstraintType),
        alternative<&S::type, InterfaceUp, Object<InterfaceUp>>("interface-up", kConstraintType),
        alternative<&S::type, OnBattery, Only<&OnBattery::value, Boolean>>("on-battery", kConstraintType),
        alternative<&S::type, LocalTimeWindow, Object<LocalTimeWindow>>("local-time-window", kConstraintType),
        alternative<&S::type, DataBudgetLeft, Only<&DataBudgetLeft::bytes_min, Unsigned64>>("data-budget-left",
                                                                                            kConstraintType),
        alternative<&S::type, MethodResult, Object<MethodResult>>("method-result", kConstraintType),
    };
};

template <>
struct Node<Retries> {
    using S = Retries;
    static constexpr std::array fields{
        leaf<&S::max, Integer<std::uint32_t, 0, kRetriesMax>>("max"),
        leaf<&S::delay, SecondsFrom<1, kRetryDelayMax>>("delay"),
    };
};

} // namespace sonde::model::json
