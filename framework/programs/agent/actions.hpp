#pragma once

#include "base/log.hpp"
#include "measuring.hpp"
#include "plugin_host/input_collector.hpp"
#include "reporter.hpp"
#include "routes.hpp"
#include "schedule/decision.hpp"
#include "spool/spool.hpp"
#include "stopper.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace sonde::agent {

class Parts;

// A write that the disk refused is tried again after this time.
constexpr std::chrono::seconds kStorageRetry{1};

// Carries out one action of an intent: start it durably, run the method or report, end it durably with its one outcome.
// In a pipelined schedule the rows of an action are the input of the next one, if that takes input. What other
// schedules pass to an action is its input too, and waits until a run that was given it has ended. Everything handed in
// outlives it.
class Actions {
public:
    // `noted` is called when the spool has new Failure Information: what was passed to an action is no input.
    Actions(asio::any_io_executor executor, spool::Spool &spool, Measuring &measuring, Reporter &reporter,
            std::shared_ptr<Log> log, std::function<void()> noted)
        : executor_(std::move(executor)), spool_(spool), measuring_(measuring), reporter_(reporter),
          log_(std::move(log)), noted_(std::move(noted))
    {
    }

    // `routes` are those of the instruction that asked for it.
    asio::awaitable<void> carry_out(schedule::Start start, std::shared_ptr<const Routes> routes,
                                    std::shared_ptr<Stopper> stopper);

    // Whether a run has begun that takes what waits there as its input, and has not ended.
    bool takes(const spool::Destination &input) const { return taken_.contains(input); }

    // How many a run has given so far, until its end is durable; nothing if it does not measure.
    std::optional<std::uint64_t> rows(const Uuid &run) const;

    // Nothing of this intent starts any more.
    void closed(const Uuid &intent) { handed_on_.erase(intent); }

    // Makes ready what a schedule runs first, so that it begins in the time of a fork: the methods that its constraints
    // look at, and its first action, of a parallel one all.
    asio::awaitable<void> warm(std::shared_ptr<const schedule::Work> work);
    // The same for the action behind this one, if it begins when this one ends.
    asio::awaitable<void> warm_next(std::shared_ptr<const schedule::Work> work, std::size_t action);

private:
    // What goes into an action and comes out of it for the next one.
    struct Pipe {
        Measuring::Inputs in;
        std::optional<plugin_host::InputCollector> out; // nothing: no next one wants it
        std::optional<spool::Destination> spooled;      // where what other schedules pass to it waits, if they do
    };

    asio::awaitable<void> warm(const model::Task &task);
    Pipe pipe_of(const schedule::Start &start);
    bool feeds_the_next(const schedule::Start &start) const;
    asio::awaitable<void> report(const schedule::Start &start, std::shared_ptr<Stopper> stopper, spool::Ended &ended);
    asio::awaitable<void> measure(const schedule::Start &start, Pipe &pipe, std::shared_ptr<Stopper> stopper,
                                  spool::Ended &ended, std::optional<Parts> &parts);
    asio::awaitable<Result<Measuring::Inputs>> input_of(Pipe &pipe, spool::Ended &ended);
    asio::awaitable<void> end(spool::Ended ended);

    asio::any_io_executor executor_;
    spool::Spool &spool_;
    Measuring &measuring_;
    Reporter &reporter_;
    std::shared_ptr<Log> log_;
    std::function<void()> noted_;
    struct Handed {
        std::size_t action = 0; // the one that it is for, which may be suppressed
        Measuring::Inputs inputs;
    };
    std::map<Uuid, Handed> handed_on_;        // by intent, to the action after the one that ended last
    std::multiset<spool::Destination> taken_; // by the runs that have begun
    std::map<Uuid, const Parts &> measured_;  // of the runs that have begun, and whose end is not durable
};

} // namespace sonde::agent
