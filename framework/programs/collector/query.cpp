#include "query.hpp"

#include "model/date_time.hpp"

#include <charconv>

namespace sonde::collector {

namespace {

Error bad(std::string_view name, std::string_view value, const std::string &hint)
{
    return {"parameter " + std::string(name), "'" + std::string(value) + "' is not possible", hint};
}

Result<void> read_limit(std::string_view value, std::uint64_t &limit)
{
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), limit);
    if (error != std::errc() || end != value.data() + value.size() || limit == 0)
        return bad("limit", value, "a number of rows, at least 1");
    return {};
}

// What both kinds of query have: agent, from, to, limit. False: the parameter is none of these.
template <class Query>
Result<bool> read_common(const std::string &name, const std::string &value, Query &query, std::uint64_t &limit)
{
    if (name == "agent") {
        const auto id = parse_uuid(value);
        if (!id)
            return id.error();
        query.agents.push_back(*id);
    } else if (name == "from" || name == "to") {
        const auto time = model::parse_date_time(value);
        if (!time)
            return Error{"parameter " + name, time.error().what, time.error().hint};
        (name == "from" ? query.from : query.to) = *time;
    } else if (name == "limit") {
        if (auto read = read_limit(value, limit); !read)
            return read.error();
    } else {
        return false;
    }
    return true;
}

} // namespace

Result<ResultsRequest> read_results_request(const channel::Request &request)
{
    ResultsRequest wanted;
    for (const auto &[name, value] : request.query) {
        const auto common = read_common(name, value, wanted.query, wanted.limit);
        if (!common)
            return common.error();
        if (*common)
            continue;
        if (name == "task") {
            wanted.query.task = value;
        } else if (name == "method") {
            wanted.query.method = value;
        } else if (name == "table") {
            wanted.query.table = value;
        } else if (name == "run") {
            const auto id = parse_uuid(value);
            if (!id)
                return id.error();
            wanted.query.run = *id;
        } else {
            return Error{"", "no parameter '" + name + "'", "agent, task, method, table, run, from, to, limit"};
        }
    }
    return wanted;
}

Result<OutcomesRequest> read_outcomes_request(const channel::Request &request)
{
    OutcomesRequest wanted;
    for (const auto &[name, value] : request.query) {
        const auto common = read_common(name, value, wanted.query, wanted.limit);
        if (!common)
            return common.error();
        if (*common)
            continue;
        if (name == "schedule") {
            wanted.query.schedule = value;
        } else if (name == "outcome") {
            wanted.query.word = model::parse_outcome_word(value);
            if (!wanted.query.word)
                return bad(name, value,
                           "completed, failed, suppressed, overlapped, not_met, refused, interrupted or missed");
        } else {
            return Error{"", "no parameter '" + name + "'", "agent, schedule, outcome, from, to, limit"};
        }
    }
    return wanted;
}

Result<std::string> read_trace_request(const channel::Request &request)
{
    constexpr std::size_t least = 4, most = 36;
    std::string run;
    for (const auto &[name, value] : request.query) {
        if (name != "run")
            return Error{"", "no parameter '" + name + "'", "run"};
        run = value;
    }
    if (run.size() < least || run.size() > most || run.find_first_not_of("0123456789abcdef-") != run.npos)
        return bad("run", run.substr(0, most), "the beginning of a UUID, four digits at least, in lower case");
    return run;
}

} // namespace sonde::collector
