#include "collector.hpp"

#include "model/report_json.hpp"
#include "pages.hpp"
#include "query.hpp"
#include "store/check.hpp"

namespace sonde::collector {

namespace {

using channel::refuse;
using channel::Request;
using channel::Response;

constexpr std::string_view kReportPath = "/restconf/operations/ietf-lmap-report:report";
constexpr std::string_view kResultsPath = "/operator/results";
constexpr std::string_view kOutcomesPath = "/operator/outcomes";
constexpr std::string_view kSumsPath = "/operator/outcome-sums";
constexpr std::string_view kTracePath = "/operator/trace";
constexpr std::string_view kAgentsPath = "/operator/agents";

asio::awaitable<Response> refused(int status, std::string reason)
{
    co_return refuse(status, std::move(reason));
}

} // namespace

void Collector::stop_queries()
{
    stopping_ = true;
    repository_.stop_queries();
}

Response Collector::unavailable(const Error &error) const
{
    if (!stopping_)
        log_.error("repository failed error={}", quoted(to_string(error)));
    Response response =
        refuse(503, stopping_ ? "the collector is stopping" : "the repository cannot be read or written now");
    response.headers.set("Retry-After", "10");
    return response;
}

std::optional<Response> Collector::admit(const Request &request) const
{
    if (request.path == kReportPath)
        return channel::require_role(request, {channel::Role::agent});
    if (request.path == kResultsPath || request.path == kOutcomesPath || request.path == kSumsPath ||
        request.path == kTracePath || request.path == kAgentsPath)
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
        if (request.path == kTracePath)
            return trace(std::move(request));
        if (request.path == kAgentsPath)
            return list(agent_pages(repository_));
    }
    return refused(405, request.method + " is not possible on " + request.path);
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
        co_return unavailable(stored.error());
    if (stored->refused)
        co_return refuse(422, *stored->refused);
    log_.info("report stored agent={} results={} duplicates={}", to_string(agent), stored->stored, stored->duplicates);
    co_return Response{.status = 204};
}

asio::awaitable<Response> Collector::list_results(Request request)
{
    auto wanted = read_results_request(request);
    if (!wanted)
        return refused(400, to_string(wanted.error()));
    return list(result_pages(repository_, std::move(*wanted)));
}

asio::awaitable<Response> Collector::list_outcomes(Request request)
{
    auto wanted = read_outcomes_request(request);
    if (!wanted)
        return refused(400, to_string(wanted.error()));
    return list(outcome_pages(repository_, std::move(*wanted)));
}

asio::awaitable<Response> Collector::list_outcome_sums(Request request)
{
    auto wanted = read_outcomes_request(request);
    if (!wanted)
        return refused(400, to_string(wanted.error()));
    return list(sum_pages(repository_, std::move(wanted->query)));
}

asio::awaitable<Response> Collector::trace(Request request)
{
    auto run = read_trace_request(request);
    if (!run)
        return refused(400, to_string(run.error()));
    return list(trace_page(repository_, std::move(*run)));
}

asio::awaitable<Response> Collector::list(channel::NextPage pages)
{
    auto response = co_await channel::answer_lines(std::move(pages));
    if (!response)
        co_return unavailable(response.error());
    co_return std::move(*response);
}

} // namespace sonde::collector
