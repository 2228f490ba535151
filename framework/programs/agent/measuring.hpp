#pragma once

#include "allowance.hpp"
#include "base/log.hpp"
#include "beside.hpp"
#include "budget.hpp"
#include "lookup.hpp"
#include "model/intent.hpp"
#include "model/report.hpp"
#include "plugin_host/catalogue.hpp"
#include "plugin_host/host.hpp"
#include "plugin_host/input.hpp"
#include "policy_file.hpp"
#include "stopper.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::agent {

// Before a run, to make its runner ready: a cold start takes a fraction of that even on a slow gateway, and idle
// runners live longer.
inline constexpr std::chrono::seconds kWarmAhead{2};

// Runs the method of a task, whoever asks for it: asks the policy and the data budget, waits for its turn, looks up its
// targets, and books its bytes. A turn that does not come within `longest_wait` is not waited for any longer: the run
// begins beside those that it should not be beside, and each has the other among its conflicts. Belongs to one thread;
// everything handed in outlives it.
class Measuring {
public:
    // Is told the bytes that a run has put on the line so far.
    using Traffic = std::function<void(std::uint64_t)>;
    using Inputs = std::vector<std::shared_ptr<plugin_host::Input>>;

    // Of one run.
    struct Asked {
        const model::Task &task;
        std::vector<model::Option> options; // the task's, and those of whoever uses it
        std::vector<std::string> tables;    // that the method must have
        model::Conflict who;                // that it is for
        Now due;                            // run() is entered no sooner
        // What goes into it; called once, when nothing refuses the run any more. An Error fails it.
        std::function<asio::awaitable<Result<Inputs>>()> inputs{};
        // Where the rows go, which tells the traffic; called once, after `inputs`.
        std::function<plugin_host::RowSink &(const plugin_host::CatalogueMethod &, Traffic)> open;
        bool fed = false; // results of other schedules are passed to it, so that it has to take input
    };

    struct Limits {
        std::chrono::milliseconds longest_run{std::chrono::hours(1)};
        std::chrono::milliseconds longest_wait{std::chrono::minutes(5)}; // for its turn
    };

    Measuring(plugin_host::Host &host, plugin_host::Catalogue &catalogue, PolicyFile &policy, Lookup &lookup,
              Budget &budget, std::shared_ptr<Log> log, Limits limits, std::vector<frames::Parameter> parameters)
        : host_(host), catalogue_(catalogue), policy_(policy), lookup_(lookup), budget_(budget), log_(std::move(log)),
          limits_(limits), parameters_(std::move(parameters))
    {
    }

    // The data budget of the instruction that is in force from now on.
    void allow(const model::DataBudget &budget);

    // The policy refuses every run, whoever asks.
    bool denies_all() { return policy_.current().denies_all(); }

    // What a run may use at most: by the policy, and by the data budget of the day and of the month.
    std::uint64_t bytes_left();

    // How it ended is written into the outcome, but for whose it is: word, status, blame and message; its times, rows
    // and bytes if it has begun. Returns the active runs that were on the line beside it. `asked` outlives the run.
    asio::awaitable<std::vector<model::Conflict>> measure(const Asked &asked, std::shared_ptr<Stopper> stopper,
                                                          model::Outcome &outcome);

    // Starts the runner of a task's method, so that a run begins in the time of a fork. Not if the policy refuses the
    // method anyway.
    asio::awaitable<void> warm(const model::Task &task);

    // Whether a task's method takes the rows of another.
    bool takes_input(const model::Task &task) const;

private:
    // A run that may begin.
    struct Admitted {
        plugin_host::CatalogueMethod method;
        plugin_host::Arguments arguments;
        std::optional<std::uint64_t> declared_bytes;
        bool active = false;
        std::shared_ptr<plugin_host::Turns::Turn> turn;
        std::string interface; // where its bytes go; empty: nobody knows
        std::vector<frames::KnownName> known_names;
    };
    enum class Others { count, are_absent };

    // Nothing: the outcome says why not.
    asio::awaitable<std::optional<Admitted>> admit(const Asked &asked, std::shared_ptr<Stopper> stopper,
                                                   model::Outcome &outcome);
    asio::awaitable<bool> isolated(model::Outcome &outcome);
    std::optional<plugin_host::CatalogueMethod> find_method(const model::Task &task, model::Outcome &outcome) const;
    asio::awaitable<bool> look_up(policy::Request &request, plugin_host::Network network,
                                  std::shared_ptr<Stopper> stopper, model::Outcome &outcome);
    asio::awaitable<void> run(const Asked &asked, Admitted admitted, Budget::Meter &meter,
                              std::shared_ptr<Stopper> stopper, model::Outcome &outcome);
    asio::awaitable<std::shared_ptr<plugin_host::Turns::Turn>>
    wait_for_turn(const Asked &asked, const plugin_host::CatalogueMethod &method, std::shared_ptr<Stopper> stopper);
    policy::Verdict ask(policy::Request &request, Others others = Others::count);
    Usage usage() const;
    // Why what runs has to stop; `day` is the policy's.
    std::optional<std::string> exceeded(const policy::ByteLimit &day) const;

    plugin_host::Host &host_;
    plugin_host::Catalogue &catalogue_;
    PolicyFile &policy_;
    Lookup &lookup_;
    Budget &budget_;
    std::shared_ptr<Log> log_;
    Limits limits_;
    std::vector<frames::Parameter> parameters_;
    model::DataBudget data_budget_;
    Beside beside_;
};

// Into an outcome.
void fail(model::Outcome &outcome, model::OutcomeWord word, std::int32_t status, model::Blame blame,
          std::string message);

} // namespace sonde::agent
