#pragma once

#include "base/log.hpp"
#include "budget.hpp"
#include "lookup.hpp"
#include "model/intent.hpp"
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

// Runs the method of a task, whoever asks for it: asks the policy, waits for its turn, looks up its targets, and books
// its bytes. Belongs to one thread; everything handed in outlives it.
class Measuring {
public:
    // Is told the bytes that a run has put on the line so far.
    using Traffic = std::function<void(std::uint64_t)>;

    // Of one run.
    struct Asked {
        const model::Task &task;
        std::vector<model::Option> options; // the task's, and those of whoever uses it
        std::string schedule;               // that it is for
        MonotonicTime due;
        std::vector<std::shared_ptr<plugin_host::Input>> inputs{};
        // Where the rows go, which tells the traffic; called once, when nothing refuses the run any more.
        std::function<plugin_host::RowSink &(const plugin_host::CatalogueMethod &, Traffic)> open;
    };

    Measuring(plugin_host::Host &host, plugin_host::Catalogue &catalogue, PolicyFile &policy, Lookup &lookup,
              Budget &budget, std::shared_ptr<Log> log, std::chrono::seconds longest_run,
              std::vector<frames::Parameter> parameters)
        : host_(host), catalogue_(catalogue), policy_(policy), lookup_(lookup), budget_(budget), log_(std::move(log)),
          longest_run_(longest_run), parameters_(std::move(parameters))
    {
    }

    // How it ended is written into the outcome, but for whose it is: word, status, blame and message; its times, rows
    // and bytes if it has begun. `asked` outlives the run.
    asio::awaitable<void> measure(const Asked &asked, std::shared_ptr<Stopper> stopper, model::Outcome &outcome);

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
        std::shared_ptr<plugin_host::Turns::Turn> turn;
    };
    enum class Others { count, are_absent };

    // Nothing: the outcome says why not.
    asio::awaitable<std::optional<Admitted>> admit(const Asked &asked, std::shared_ptr<Stopper> stopper,
                                                   model::Outcome &outcome);
    asio::awaitable<bool> isolated(model::Outcome &outcome);
    std::optional<plugin_host::CatalogueMethod> find_method(const model::Task &task, model::Outcome &outcome) const;
    asio::awaitable<bool> look_up(policy::Request &request, std::uint8_t family, std::shared_ptr<Stopper> stopper,
                                  model::Outcome &outcome);
    asio::awaitable<void> run(const Asked &asked, Admitted admitted, Budget::Meter &meter,
                              std::shared_ptr<Stopper> stopper, model::Outcome &outcome);
    asio::awaitable<std::shared_ptr<plugin_host::Turns::Turn>> wait_for_turn(const plugin_host::CatalogueMethod &method,
                                                                             std::shared_ptr<Stopper> stopper);
    policy::Verdict ask_policy(policy::Request &request, Others others = Others::count);

    plugin_host::Host &host_;
    plugin_host::Catalogue &catalogue_;
    PolicyFile &policy_;
    Lookup &lookup_;
    Budget &budget_;
    std::shared_ptr<Log> log_;
    std::chrono::seconds longest_run_;
    std::vector<frames::Parameter> parameters_;
    unsigned running_ = 0;
};

// Into an outcome.
void fail(model::Outcome &outcome, model::OutcomeWord word, std::int32_t status, model::Blame blame,
          std::string message);

} // namespace sonde::agent
