#pragma once

#include "model/cells.hpp"
#include "model/constraint.hpp"

#include <array>
#include <random>

// Good constraints, retries and budgets at random. The names and texts come from whoever asks.
class RandomConstraints {
public:
    explicit RandomConstraints(std::mt19937_64 &random) : random_(random) {}

    sonde::model::DataBudget budget()
    {
        sonde::model::DataBudget one;
        if (chance())
            one.bytes_per_day = at_least(kLeast);
        if (chance())
            one.bytes_per_month = at_least(kLeast);
        if (chance()) {
            one.rate_bytes_per_second = at_least(1);
            one.burst_bytes = at_least(1);
        }
        return one;
    }

    sonde::model::Retries retries()
    {
        return {static_cast<std::uint32_t>(random_() % 10'001), std::chrono::seconds(1 + random_() % 86'400)};
    }

    sonde::model::Constraint constraint(std::string name, const std::string &task, const std::string &text)
    {
        using namespace sonde::model;
        const auto minutes = [this](std::uint64_t of, std::uint64_t from) {
            return std::chrono::minutes(from + random_() % of);
        };
        Constraint one{std::move(name), OnBattery{chance()}};
        switch (random_() % 6) {
        case 0: {
            LineIdle idle{std::nullopt, random_(), std::chrono::seconds(1 + random_() % 3600)};
            if (chance())
                idle.interface = "eth0.7";
            one.type = idle;
            break;
        }
        case 1:
            one.type = InterfaceUp{"wlan0"};
            break;
        case 2:
            one.type = LocalTimeWindow{minutes(720, 0), minutes(720, 720)};
            break;
        case 3:
            one.type = DataBudgetLeft{random_() % kLeast};
            break;
        case 4:
            one.type = method_result(task, text);
            break;
        default:
            break;
        }
        return one;
    }

private:
    static constexpr std::uint64_t kLeast = 1'000'000'000; // no constraint asks for more than a budget has

    bool chance() { return random_() % 2 == 0; }
    std::uint64_t at_least(std::uint64_t least) { return least + random_() % (~least - least); }

    sonde::model::MethodResult method_result(const std::string &task, const std::string &text)
    {
        using namespace sonde::model;
        const auto comparison = static_cast<Comparison>(random_() % 6);
        const std::array<std::string, 3> ordered{"-7", double_text(0.1), "2026-11-24T04:05:00.000000000Z"};
        const bool any = comparison == Comparison::equal || comparison == Comparison::not_equal;
        return {task, "t" + text, "c" + text, comparison, any ? text : ordered.at(random_() % ordered.size())};
    }

    std::mt19937_64 &random_;
};
