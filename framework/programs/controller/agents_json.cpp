#include "agents_json.hpp"

#include "model/capabilities_json.hpp"
#include "model/date_time.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <limits>
#include <memory>

namespace sonde::controller {

namespace {

namespace asio = boost::asio;

constexpr std::size_t kFailuresAtOnce = 1000;

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void text(Writer &writer, const char *name, const std::optional<std::string> &value)
{
    writer.Key(name);
    if (value)
        writer.String(*value);
    else
        writer.Null();
}

std::optional<std::string> when(const std::optional<WallTime> &time)
{
    return time ? std::optional(model::format_timestamp(*time)) : std::nullopt;
}

void capabilities(Writer &writer, const store::AgentRecord &agent)
{
    writer.Key("methods");
    writer.StartArray();
    const auto reading = model::read_capabilities(agent.capabilities.value_or(""));
    if (reading)
        for (const model::CapabilityTask &task : reading->tasks)
            writer.String(task.name + " " + task.version);
    writer.EndArray();
    writer.Key("refused_plugins");
    writer.StartArray();
    if (reading)
        for (const model::RefusedPlugin &plugin : reading->refused_plugins)
            writer.String(plugin.file + ": " + plugin.reason);
    writer.EndArray();
}

void end_line(std::string &lines, const rapidjson::StringBuffer &buffer)
{
    lines.append(buffer.GetString(), buffer.GetSize());
    lines += '\n';
}

// What an agent does not say is null.
void accounts(Writer &writer, const store::AgentRecord &agent, Silences &silences)
{
    const auto number = [&](const char *name, std::optional<std::uint64_t> value) {
        writer.Key(name);
        if (value)
            writer.Uint64(*value);
        else
            writer.Null();
    };
    const auto &told = agent.accounts;
    number("planned", told ? std::optional(told->planned) : std::nullopt);
    number("acknowledged", told ? std::optional(told->acknowledged) : std::nullopt);
    writer.Key("silent");
    if (!told) {
        writer.Null();
        return;
    }
    writer.Bool(silences.include(agent));
}

void append_agent(std::string &lines, const store::AgentRecord &agent, Silences &silences)
{
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    text(writer, "agent", to_string(agent.agent));
    text(writer, "last_seen", when(agent.last_seen));
    capabilities(writer, agent);
    text(writer, "instruction", agent.etag);
    text(writer, "applied", agent.applied_etag);
    writer.Key("up_to_date");
    writer.Bool(agent.etag == agent.applied_etag);
    writer.Key("failures");
    writer.Uint64(agent.failures);
    accounts(writer, agent, silences);
    writer.EndObject();
    end_line(lines, buffer);
}

void append_failure(std::string &lines, const store::StoredFailure &stored)
{
    rapidjson::StringBuffer buffer;
    Writer writer(buffer);
    writer.StartObject();
    text(writer, "agent", to_string(stored.agent));
    text(writer, "received", when(stored.received));
    text(writer, "time", when(stored.failure.time));
    text(writer, "kind", stored.failure.kind);
    text(writer, "path", stored.failure.path);
    text(writer, "message", stored.failure.message);
    writer.EndObject();
    end_line(lines, buffer);
}

class AgentPages {
public:
    AgentPages(store::ControllerState &state, Silences &silences) : state_(state), silences_(silences) {}

    asio::awaitable<Result<std::string>> next()
    {
        auto agents = co_await state_.agents(after_, channel::kPageBytes);
        if (!agents)
            co_return agents.error();
        std::string lines;
        for (const store::AgentRecord &agent : *agents)
            append_agent(lines, agent, silences_);
        if (!agents->empty())
            after_ = agents->back().agent;
        co_return lines;
    }

private:
    store::ControllerState &state_;
    Silences &silences_;
    std::optional<Uuid> after_;
};

class FailurePages {
public:
    FailurePages(store::ControllerState &state, std::optional<Uuid> agent) : state_(state), agent_(agent) {}

    asio::awaitable<Result<std::string>> next()
    {
        auto failures = co_await state_.failures(agent_, before_, kFailuresAtOnce, channel::kPageBytes);
        if (!failures)
            co_return failures.error();
        std::string lines;
        for (const store::StoredFailure &failure : *failures)
            append_failure(lines, failure);
        if (!failures->empty())
            before_ = failures->back().id;
        co_return lines;
    }

private:
    store::ControllerState &state_;
    std::optional<Uuid> agent_;
    std::int64_t before_ = std::numeric_limits<std::int64_t>::max();
};

} // namespace

channel::NextPage agent_pages(store::ControllerState &state, Silences &silences)
{
    return [pages = std::make_shared<AgentPages>(state, silences)] { return pages->next(); };
}

channel::NextPage failure_pages(store::ControllerState &state, std::optional<Uuid> agent)
{
    return [pages = std::make_shared<FailurePages>(state, agent)] { return pages->next(); };
}

} // namespace sonde::controller
