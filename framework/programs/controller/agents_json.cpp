#include "agents_json.hpp"

#include "model/capabilities_json.hpp"
#include "model/date_time.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace sonde::controller {

namespace {

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

} // namespace

std::string write_agents(const std::vector<store::AgentRecord> &agents)
{
    std::string lines;
    for (const store::AgentRecord &agent : agents) {
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
        writer.EndObject();
        lines.append(buffer.GetString(), buffer.GetSize());
        lines += '\n';
    }
    return lines;
}

std::string write_stored_failures(const std::vector<store::StoredFailure> &failures)
{
    std::string lines;
    for (const store::StoredFailure &stored : failures) {
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
        lines.append(buffer.GetString(), buffer.GetSize());
        lines += '\n';
    }
    return lines;
}

} // namespace sonde::controller
