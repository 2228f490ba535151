#include "collector.hpp"

#include "lines.hpp"
#include "model/report_json.hpp"
#include "query.hpp"
#include "store/check.hpp"

#include <algorithm>

namespace sonde::collector {

namespace {

using channel::refuse;
using channel::Request;
using channel::Response;

constexpr std::string_view kReportPath = "/restconf/operations/ietf-lmap-report:report";
constexpr std::string_view kResultsPath = "/operator/results";
constexpr std::string_view kOutcomesPath = "/operator/outcomes";
constexpr std::string_view kSumsPath = "/operator/outcome-sums";
constexpr std::string_view kAgentsPath = "/operator/agents";
constexpr std::string_view kJsonLines = "application/x-ndjson";
constexpr std::size_t kPageRows = 1000; // so much of an answer is in memory at a time

Response unavailable(Log &log, const Error &error)
{
    log.error("repository failed error={}", quoted(to_string(error)));
    Response response = refuse(503, "the repository cannot be read or written now");
    response.headers.set("Retry-After", "10");
    return response;
}

Response lines(std::string body)
{
    Response response;
    response.content_type = kJsonLines;
    response.body = std::move(body);
    return response;
}

// Results page by page, each fetched when the socket has taken the one before.
class ResultPages {
public:
    ResultPages(store::Repository &repository, ResultsRequest wanted, Log &log)
        : repository_(repository), wanted_(std::move(wanted)), log_(log)
    {
    }

    asio::awaitable<Result<std::string_view>> next()
    {
        page_.clear();
        while (page_.empty() && !done_ && wanted_.limit > 0) {
            wanted_.query.limit = std::min<std::uint64_t>(kPageRows, wanted_.limit);
            std::function<bool(const store::ResultRow &)> take = [this](const store::ResultRow &row) {
                append_result(page_, row);
                return true;
            };
            auto page = co_await repository_.results(wanted_.query, std::move(take));
            if (!page) {
                log_.error("repository failed error={}", quoted(to_string(page.error())));
                co_return page.error();
            }
            wanted_.limit -= std::min<std::uint64_t>(page->rows, wanted_.limit);
            wanted_.query.after = page->next;
            done_ = page->next == 0;
        }
        co_return std::string_view(page_);
    }

private:
    store::Repository &repository_;
    ResultsRequest wanted_;
    Log &log_;
    std::string page_;
    bool done_ = false;
};

} // namespace

std::optional<Response> Collector::admit(const Request &request) const
{
    if (request.path == kReportPath)
        return channel::require_role(request, {channel::Role::agent});
    if (request.path == kResultsPath || request.path == kOutcomesPath || request.path == kSumsPath ||
        request.path == kAgentsPath)
        return channel::require_role(request, {channel::Role::operator_});
    return refuse(404, "no such resource: " + request.path);
}

asio::awaitable<Response> Collector::handle(Request request)
{
    if (request.path == kReportPath && request.method == "POST")
        return take_report(std::move(request));
    if (request.method == "GET") {
        if (request.path == kResultsPath)
            return list_results(std::move(request));
        if (request.path == kOutcomesPath)
            return list_outcomes(std::move(request));
        if (request.path == kSumsPath)
            return list_outcome_sums(std::move(request));
        if (request.path == kAgentsPath)
            return list_agents();
    }
    return [](std::string method, std::string path) -> asio::awaitable<Response> {
        co_return refuse(405, method + " is not possible on " + path);
    }(request.method, request.path);
}

asio::awaitable<Response> Collector::take_report(Request request)
{
    auto reading = model::read_report(request.body);
    if (!reading)
        co_return refuse(400, reading.errors.front());
    const Uuid agent = request.peer->id;
    if (reading->agent_id && *reading->agent_id != agent)
        co_return refuse(403,
                         "the report is from agent " + to_string(*reading->agent_id) +
                             ", but the certificate is of agent " + to_string(agent),
                         "/ietf-lmap-report:input/agent-id");
    if (const auto good = store::check(*reading); !good)
        co_return refuse(400, good.error());
    auto stored = co_await repository_.store(agent, std::move(*reading), now().wall);
    if (!stored)
        co_return unavailable(log_, stored.error());
    log_.info("report stored agent={} results={} duplicates={}", to_string(agent), stored->stored, stored->duplicates);
    co_return Response{.status = 204};
}

asio::awaitable<Response> Collector::list_results(Request request)
{
    auto wanted = read_results_request(request);
    if (!wanted)
        co_return refuse(400, to_string(wanted.error()));
    auto pages = std::make_shared<ResultPages>(repository_, std::move(*wanted), log_);
    Response response;
    response.content_type = kJsonLines;
    response.producer = [pages] { return pages->next(); };
    co_return response;
}

asio::awaitable<Response> Collector::list_outcomes(Request request)
{
    auto wanted = read_outcomes_request(request);
    if (!wanted)
        co_return refuse(400, to_string(wanted.error()));
    std::string body;
    while (wanted->limit > 0) {
        wanted->query.limit = std::min<std::uint64_t>(kPageRows, wanted->limit);
        auto page = co_await repository_.outcomes(wanted->query);
        if (!page)
            co_return unavailable(log_, page.error());
        for (const store::StoredOutcome &outcome : *page)
            append_outcome(body, outcome);
        wanted->limit -= page->size();
        if (page->size() < wanted->query.limit)
            break;
        wanted->query.after = page->back().id;
    }
    co_return lines(std::move(body));
}

asio::awaitable<Response> Collector::list_outcome_sums(Request request)
{
    auto wanted = read_outcomes_request(request);
    if (!wanted)
        co_return refuse(400, to_string(wanted.error()));
    auto sums = co_await repository_.outcome_sums(wanted->query);
    if (!sums)
        co_return unavailable(log_, sums.error());
    std::string body;
    for (const store::OutcomeSum &sum : *sums)
        append_sum(body, sum);
    co_return lines(std::move(body));
}

asio::awaitable<Response> Collector::list_agents()
{
    auto agents = co_await repository_.agents();
    if (!agents)
        co_return unavailable(log_, agents.error());
    std::string body;
    for (const store::SeenAgent &agent : *agents)
        append_agent(body, agent);
    co_return lines(std::move(body));
}

} // namespace sonde::collector
