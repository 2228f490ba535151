#include "spooled_input.hpp"

#include "model/report_json.hpp"
#include "plugin_host/reported_inputs.hpp"

#include <map>
#include <string>
#include <utility>

namespace sonde::agent {

namespace {

// So much of it is in memory as text at a time.
constexpr std::size_t kReadAtOnce = 512 * 1024;

Result<bool> add_entry(plugin_host::ReportedInputs &all, const spool::Entry &entry)
{
    const auto result = model::read_result(entry.json);
    if (!result)
        return result.errors.front();
    return all.add(*result);
}

} // namespace

boost::asio::awaitable<Result<SpooledInput>> read_input(spool::Spool &spool, spool::Destination destination,
                                                        std::shared_ptr<Log> log)
{
    SpooledInput input;
    plugin_host::ReportedInputs all;
    std::map<std::string, std::vector<std::uint64_t>> unusable; // by the reason
    std::uint64_t after = 0;
    for (bool more = true; more;) {
        auto batch = co_await spool.inputs(destination, after, kReadAtOnce);
        if (!batch)
            co_return batch.error();
        more = batch->more;
        for (const spool::Entry &entry : batch->entries) {
            after = entry.sequence;
            const Result<bool> added = add_entry(all, entry);
            if (added && !*added) {
                more = false; // the rest waits for the next run
                break;
            }
            std::vector<std::uint64_t> &sequences = added ? input.sequences : unusable[to_string(added.error())];
            sequences.push_back(entry.sequence);
        }
    }
    for (const auto &[reason, sequences] : unusable) {
        const WallTime when = now().wall;
        auto aside = co_await spool.set_aside(destination, sequences, reason, when);
        if (!aside)
            co_return aside.error();
        log->error("results are no input destination={} results={} reason={}", quoted(destination), sequences.size(),
                   quoted(reason));
        input.set_aside = true;
    }
    input.inputs = all.inputs();
    co_return input;
}

} // namespace sonde::agent
