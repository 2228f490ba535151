#include "controller.hpp"

#include "agents_json.hpp"
#include "channel/accounts.hpp"
#include "channel/lines.hpp"
#include "model/capabilities_json.hpp"
#include "model/instruction_json.hpp"

#include <boost/asio/this_coro.hpp>

namespace sonde::controller {

namespace {

using channel::refuse;
using channel::Request;
using channel::Response;

constexpr std::string_view kInstructionPath = "/restconf/data/ietf-lmap-control:lmap";
constexpr std::string_view kCapabilitiesPath = "/restconf/operations/sonde-lmap:capabilities";
constexpr std::string_view kFailurePath = "/restconf/operations/sonde-lmap:failure";
constexpr std::string_view kAgentsPath = "/operator/agents";
constexpr std::string_view kFailuresPath = "/operator/failures";
constexpr std::chrono::seconds kLongestWait{120};

Response broken(Log &log, const Error &error)
{
    log.error("state failed error={}", quoted(to_string(error)));
    Response response = refuse(503, "the controller's state cannot be read or written now");
    response.headers.set("Retry-After", "10");
    return response;
}

Response json(int status, std::string body)
{
    Response response;
    response.status = status;
    response.content_type = channel::kYangJson;
    response.body = std::move(body);
    return response;
}

std::string in_quotes(const std::string &etag)
{
    return '"' + etag + '"';
}

// The ETag that an agent says it has, if it says so. It goes into the state and to operators, so it has to be one.
Result<std::optional<std::string>> said_etag(const Request &request)
{
    const auto field = request.headers.get("Sonde-Applied");
    if (!field)
        return std::optional<std::string>();
    auto tag = channel::entity_tag(*field);
    if (!tag)
        return Error{"", "the field Sonde-Applied is no entity tag",
                     "printable ASCII in quotation marks, at most " + std::to_string(channel::kEntityTagBytesMax) +
                         " bytes"};
    return tag;
}

// What the agent says of its planned runs, if it does.
Result<std::optional<store::AgentAccounts>> said_accounts(const Request &request)
{
    const auto field = request.headers.get("Sonde-Accounts");
    if (!field)
        return std::optional<store::AgentAccounts>();
    const auto accounts = channel::read_accounts(*field);
    if (!accounts)
        return accounts.error();
    return std::optional(
        store::AgentAccounts{accounts->planned, accounts->acknowledged, accounts->waiting, accounts->triggered});
}

// The agent in /operator/agents/AGENT/instruction.
std::optional<Uuid> agent_of(std::string_view path)
{
    constexpr std::string_view end = "/instruction";
    if (!path.starts_with(kAgentsPath) || !path.ends_with(end) || path.size() <= kAgentsPath.size() + end.size())
        return {};
    path.remove_prefix(kAgentsPath.size());
    path.remove_suffix(end.size());
    const auto id = parse_uuid(path.substr(1));
    return path.front() == '/' && id ? std::optional(*id) : std::nullopt;
}

bool is_agents_business(std::string_view path)
{
    return path == kInstructionPath || path == kCapabilitiesPath || path == kFailurePath;
}

} // namespace

std::optional<Response> Controller::admit(const Request &request) const
{
    if (is_agents_business(request.path))
        return channel::require_role(request, {channel::Role::agent});
    if (request.path == kAgentsPath || request.path == kFailuresPath || agent_of(request.path))
        return channel::require_role(request, {channel::Role::operator_});
    return refuse(404, "no such resource: " + request.path);
}

asio::awaitable<Response> Controller::handle(Request request)
{
    const auto agent = agent_of(request.path);
    if (request.method == "GET") {
        if (request.path == kInstructionPath)
            return give_instruction(std::move(request));
        if (request.path == kAgentsPath)
            return list_agents();
        if (request.path == kFailuresPath)
            return list_failures(std::move(request));
        if (agent)
            return show_instruction(*agent);
    } else if (request.method == "POST") {
        if (request.path == kCapabilitiesPath)
            return take_capabilities(std::move(request));
        if (request.path == kFailurePath)
            return take_failures(std::move(request));
    } else if (request.method == "PUT" && agent) {
        return set_instruction(std::move(request), *agent);
    }
    return [](std::string method, std::string path) -> asio::awaitable<Response> {
        co_return refuse(405, method + " is not possible on " + path);
    }(request.method, request.path);
}

asio::awaitable<Response> Controller::give_instruction(Request request)
{
    const Uuid agent = request.peer->id;
    const auto until = std::chrono::steady_clock::now() + channel::preferred_wait(request.headers, kLongestWait);
    const auto executor = co_await asio::this_coro::executor;
    auto applied = said_etag(request);
    if (!applied)
        co_return refuse(400, applied.error());
    auto accounts = said_accounts(request);
    if (!accounts)
        co_return refuse(400, accounts.error());
    auto seen = co_await state_.seen(agent, std::move(*applied), now().wall, *accounts);
    if (!seen)
        co_return broken(log_, seen.error());
    for (;;) {
        News::Subscription news(news_, agent, executor);
        auto found = co_await state_.instruction(agent);
        if (!found)
            co_return broken(log_, found.error());
        const std::optional<store::AgentInstruction> &instruction = *found;
        if (instruction && !channel::none_match_hits(request.headers, in_quotes(instruction->etag))) {
            Response response = json(200, instruction->text);
            response.headers.set("ETag", in_quotes(instruction->etag));
            co_return response;
        }
        if (stopping_ || std::chrono::steady_clock::now() >= until) {
            Response response;
            response.status = instruction ? 304 : 204;
            if (instruction)
                response.headers.set("ETag", in_quotes(instruction->etag));
            co_return response;
        }
        co_await news.wait(until);
    }
}

asio::awaitable<Response> Controller::take_capabilities(Request request)
{
    auto reading = model::read_capabilities(request.body);
    if (!reading)
        co_return refuse(400, reading.errors.front());
    auto stored = co_await state_.set_capabilities(request.peer->id, std::move(request.body), now().wall);
    if (!stored)
        co_return broken(log_, stored.error());
    log_.info("capabilities taken agent={} methods={} refused_plugins={}", to_string(request.peer->id),
              reading->tasks.size(), reading->refused_plugins.size());
    co_return Response{.status = 204};
}

asio::awaitable<Response> Controller::take_failures(Request request)
{
    auto reading = model::read_failures(request.body);
    if (!reading)
        co_return refuse(400, reading.errors.front());
    const std::string agent = to_string(request.peer->id);
    for (const model::Failure &failure : *reading)
        log_.warn("agent failed agent={} kind={} path={} message={}", agent, quoted(failure.kind), quoted(failure.path),
                  quoted(failure.message));
    auto stored = co_await state_.add_failures(request.peer->id, std::move(*reading), now().wall);
    if (!stored)
        co_return broken(log_, stored.error());
    co_return Response{.status = 204};
}

void Controller::stop_waiting()
{
    stopping_ = true;
    news_.announce_all();
}

asio::awaitable<Response> Controller::list_agents()
{
    channel::NextPage pages = agent_pages(state_, silences_);
    auto response = co_await channel::answer_lines(std::move(pages));
    if (!response)
        co_return broken(log_, response.error());
    co_return std::move(*response);
}

asio::awaitable<Response> Controller::list_failures(Request request)
{
    std::optional<Uuid> agent;
    if (const auto text = request.query_value("agent")) {
        const auto id = parse_uuid(*text);
        if (!id)
            co_return refuse(400, to_string(id.error()));
        agent = *id;
    }
    channel::NextPage pages = failure_pages(state_, agent);
    auto response = co_await channel::answer_lines(std::move(pages));
    if (!response)
        co_return broken(log_, response.error());
    co_return std::move(*response);
}

asio::awaitable<Response> Controller::set_instruction(Request request, Uuid agent)
{
    auto reading = model::read_instruction(request.body);
    if (!reading)
        co_return refuse(400, reading.errors.front());
    if (reading->agent.agent_id && *reading->agent.agent_id != agent)
        co_return refuse(400,
                         "agent-id is " + to_string(*reading->agent.agent_id) + ", but the instruction is for " +
                             to_string(agent),
                         "/ietf-lmap-control:lmap/agent/agent-id");
    auto set = co_await state_.set_instruction(agent, std::move(request.body), to_string(request.peer->id), now().wall);
    if (!set)
        co_return broken(log_, set.error());
    log_.info("instruction set agent={} etag={} operator={}", to_string(agent), set->etag, to_string(request.peer->id));
    news_.announce(agent);
    Response response;
    response.status = 204;
    response.headers.set("ETag", in_quotes(set->etag));
    co_return response;
}

asio::awaitable<Response> Controller::show_instruction(Uuid agent)
{
    auto found = co_await state_.instruction(agent);
    if (!found)
        co_return broken(log_, found.error());
    const std::optional<store::AgentInstruction> &instruction = *found;
    if (!instruction)
        co_return refuse(404, "no instruction is set for agent " + to_string(agent));
    Response response = json(200, instruction->text);
    response.headers.set("ETag", in_quotes(instruction->etag));
    co_return response;
}

} // namespace sonde::controller
