#include "review.hpp"

#include "model/instruction_json.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace sonde::agent {

asio::awaitable<plugin_host::MethodFindings> Review::check() const
{
    auto state = co_await spool_.open_state();
    if (!state || !state->instruction)
        co_return plugin_host::MethodFindings{};
    const auto instruction = model::read_instruction_part(state->instruction->text);
    if (!instruction)
        co_return plugin_host::MethodFindings{};
    co_return plugin_host::check_methods(*instruction, find_, plugin_host::Interfaces::of_this_machine);
}

asio::awaitable<void> Review::begin()
{
    begun_ = true;
    auto found = co_await check();
    findings_ = std::move(found);
}

asio::awaitable<void> Review::look()
{
    if (!begun_)
        co_return;
    auto found = co_await check();
    const plugin_host::MethodFindings before = std::exchange(findings_, std::move(found));
    const std::vector<Error> &errors = findings_.errors;
    for (auto at = errors.begin(); at != errors.end(); ++at) {
        const Error &error = *at;
        // Two options may ask for the same, each as wrongly.
        if (std::find(before.errors.begin(), before.errors.end(), error) != before.errors.end() ||
            std::find(errors.begin(), at, error) != at)
            continue;
        log_->warn("instruction asks wrongly error={}", quoted(to_string(error)));
        model::Failure failure{now().wall, "instruction", error.where, to_string(Error{"", error.what, error.hint})};
        tell_(std::move(failure));
    }
}

} // namespace sonde::agent
