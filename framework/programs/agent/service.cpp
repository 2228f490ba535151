#include "service.hpp"

#include "agent.hpp"
#include "instruction_file.hpp"
#include "plugin_host/options.hpp"

#include <fstream>
#include <iostream>

#include <grp.h>

namespace sonde::agent {

namespace {

int complain(const Error &error, int status)
{
    std::cerr << "error: " << to_string(error) << '\n';
    return status;
}

// Where the instruction comes from and where reports may go.
Result<void> name_sides(const ServiceOptions &options, AgentOptions &parts)
{
    if (!options.reports.empty())
        parts.reports = {std::filesystem::absolute(options.reports), options.reports_mib * 1024 * 1024};
    if (!options.instruction.empty()) {
        parts.instruction = std::filesystem::absolute(options.instruction);
        return {};
    }
    auto controller = channel::parse_url(options.controller);
    if (!controller)
        return controller.error();
    if (!controller->tls)
        return Error{"--controller", "'" + options.controller + "' is not encrypted", "https://HOST:PORT"};
    parts.controller = *controller;
    return {};
}

// The MA-ID of an agent without a certificate, drawn once.
Result<Uuid> own_id(const std::filesystem::path &file)
{
    std::string text;
    if (std::ifstream(file) >> text)
        return parse_uuid(text);
    const Uuid id = random_uuid();
    std::ofstream stream(file);
    stream << to_string(id) << '\n';
    if (!stream.flush())
        return Error{file.string(), "cannot be written", ""};
    return id;
}

Result<void> identify(const ServiceOptions &options, AgentOptions &parts)
{
    if (options.identity.empty()) {
        auto id = own_id(std::filesystem::path(options.state) / "agent-id");
        if (!id)
            return id.error();
        parts.id = *id;
        return {};
    }
    auto identity = channel::load_identity(options.identity, channel::Role::agent);
    if (!identity)
        return identity.error();
    parts.id = (*identity)->self.id;
    parts.identity = *identity;
    return {};
}

} // namespace

int serve(const ServiceOptions &options)
{
    auto log = make_log("agent", options.log_level);
    if (!log)
        return complain(log.error(), 2);
    AgentOptions parts;
    if (auto named = name_sides(options, parts); !named)
        return complain(named.error(), 2);
    if (auto known = identify(options, parts); !known)
        return complain(known.error(), 3);
    if (!options.instruction.empty()) {
        const auto reading = InstructionFile::read(parts.instruction, self_of(parts));
        for (const Error &error : reading.errors)
            complain(error, 2);
        if (!reading)
            return 2;
    }
    const std::filesystem::path state = options.state;
    boost::asio::io_context loop(1);
    auto spool = spool::Spool::open({.file = state / "spool.db", .max_bytes = options.spool_mib * 1024 * 1024});
    if (!spool)
        return complain(spool.error(), 4);
    for (const std::string &word : options.parameters) {
        auto parameter = plugin_host::parse_parameter(word);
        if (!parameter)
            return complain(parameter.error(), 2);
        parts.parameters.push_back(std::move(*parameter));
    }
    parts.policy = options.policy;
    for (const std::string &directory : options.plugins)
        parts.plugins.push_back(std::filesystem::absolute(directory));
    parts.launcher = options.launcher;
    for (const std::string &place : options.readable)
        parts.readable.push_back(std::filesystem::absolute(place).lexically_normal());
    parts.socket = options.socket.empty() ? state / "agent.sock" : std::filesystem::path(options.socket);
    if (!options.socket_group.empty()) {
        const group *entry = ::getgrnam(options.socket_group.c_str());
        if (entry == nullptr)
            return complain({"--socket-group", "no group '" + options.socket_group + "'", ""}, 2);
        parts.socket_group = entry->gr_gid;
    }
    parts.longest_run = std::chrono::seconds(options.longest_run_s);
    parts.longest_wait = std::chrono::seconds(options.longest_wait_s);
    parts.longest_stop = std::chrono::seconds(options.longest_stop_s);
    try {
        run_agent(loop, std::move(parts), std::move(*spool), *log);
    } catch (const std::exception &error) {
        (*log)->error("agent failed error={}", quoted(error.what()));
        return 4;
    }
    return 0;
}

} // namespace sonde::agent
