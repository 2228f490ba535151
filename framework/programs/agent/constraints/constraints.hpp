#pragma once

#include "base/clock.hpp"
#include "model/constraint.hpp"
#include "programs/agent/budget.hpp"
#include "programs/agent/constraints/verdict.hpp"
#include "programs/agent/measuring.hpp"
#include "programs/agent/stopper.hpp"
#include "schedule/work.hpp"
#include "schedule/zone.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sonde::agent {

// Whether the constraints of a schedule are met at this moment. What cannot be told is not met. Belongs to one thread;
// everything handed in outlives it.
class Constraints {
public:
    struct Surroundings {
        schedule::Zone zone = schedule::Zone();                     // of the local time
        std::filesystem::path supplies = "/sys/class/power_supply"; // of power
    };

    Constraints(asio::any_io_executor executor, Budget &budget, Measuring &measuring, Surroundings surroundings);

    // Looks at those that answer at once first, then at the line, then at the results of methods, and, where it has
    // waited, once more at those that answer at once; ends with the first that is not met. While the policy refuses
    // every run, all are met for a schedule that measures. Once it is stopped its answer means nothing. `soon` is
    // called when methods may run within kWarmAhead, and again when one of them begins.
    asio::awaitable<Verdict> look(
        std::shared_ptr<const schedule::Work> work, std::shared_ptr<Stopper> stopper,
        std::function<void()> soon = [] {});

    // Whether a look begins with the line, and so needs no method ready.
    static bool watch_first(const schedule::Work &work);

private:
    // Those that need no waiting.
    Verdict judge_at_once(const std::vector<model::Constraint> &constraints) const;
    Verdict judge(const model::InterfaceUp &wanted) const;
    Verdict judge(const model::OnBattery &wanted) const;
    Verdict judge(const model::LocalTimeWindow &wanted) const;
    Verdict judge(const model::DataBudgetLeft &wanted) const;
    // Those that do are looked at by watch() and measure().
    Verdict judge(const model::LineIdle &) const { return {}; }
    Verdict judge(const model::MethodResult &) const { return {}; }
    // `soon`: may be nothing.
    asio::awaitable<Verdict> watch(const model::LineIdle &wanted, std::shared_ptr<Stopper> stopper,
                                   std::function<void()> soon);
    asio::awaitable<void> wait_until(MonotonicTime time, std::shared_ptr<Stopper> stopper);
    asio::awaitable<Verdict> measure(const model::MethodResult &wanted, const schedule::Work &work,
                                     std::shared_ptr<Stopper> stopper);

    asio::any_io_executor executor_;
    Budget &budget_;
    Measuring &measuring_;
    Surroundings surroundings_;
};

} // namespace sonde::agent
