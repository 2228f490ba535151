#include "frames/privileges.hpp"
#include "plugin_host/hash.hpp"
#include "plugin_host/loaded_places.hpp"
#include "plugin_host/output.hpp"
#include "plugin_host/runner.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <variant>

// How a runner comes to be: what its plugin is, what it gets, and which process then takes its runs.
namespace sonde::plugin_host {

namespace asio = boost::asio;

std::string missing_layers(const frames::Greeting &greeting)
{
    std::string text;
    for (const frames::Missing &layer : greeting.layers)
        text += (text.empty() ? "" : ", ") + layer.what + " (" + layer.reason + ")";
    return text;
}

std::uint32_t granted_privileges(const HostSettings &settings, const frames::MethodDescription &method)
{
    // What a later header names, nobody here can give.
    const std::uint32_t declared = method.privileges & frames::kPrivileges;
    return declared & (settings.grant ? settings.grant(method) : declared);
}

asio::awaitable<void> Runner::live()
{
    const auto self = shared_from_this();
    // The launcher follows no link.
    std::error_code error;
    file_ = std::filesystem::canonical(plugin_, error);
    if (error)
        file_ = plugin_;
    const bool complete = co_await check_isolation();
    if (!complete)
        co_return;
    // What is attended is its developer's own, and not confined.
    privileges_ = frames::kPrivileges;
    std::string expected_hash;
    if (!link_->attended()) {
        const bool known = co_await get_known();
        if (!known)
            co_return;
        limit_start();
        const Described &known_as = known_->at(plugin_).described;
        expected_ = known_as.description;
        expected_hash = known_as.hash;
        privileges_ = privileges_of(*expected_);
    }
    auto started = co_await start_process(id_, frames::Purpose::run, privileges_);
    if (!started)
        co_return;
    hash_ = started->hash;
    control_ = started->control;
    if (expected_ && expected_hash != hash_) {
        known_->erase(plugin_);
        stop("its file was exchanged while it was started");
        co_return;
    }
    const bool cold = cold_ || (expected_ && frames::runs_cold(*expected_));
    control_->send(frames::encode(frames::AgentToRunner(frames::Describe{cold})).value());
    const frames::PacketBuffer buffer;
    while (state_ != State::dead) {
        Result<frames::Received> received = co_await control_->receive(buffer, 0);
        if (received && received->transfer == frames::Transfer::would_block)
            continue;
        if (received && received->transfer == frames::Transfer::gone) {
            fall_silent();
            break;
        }
        const auto message = received ? frames::decode<frames::RunnerToAgent>(received->frame)
                                      : Result<frames::RunnerToAgent>(received.error());
        if (message)
            take(*message);
        else
            stop("it sent " + to_string(message.error()), own_end());
    }
}

asio::awaitable<std::optional<Runner::Process>> Runner::start_process(std::uint64_t id, frames::Purpose purpose,
                                                                      std::uint32_t privileges,
                                                                      std::vector<std::string> libraries)
{
    const bool strict = settings_.strict && settings_.strict();
    auto started = co_await link_->start_runner(id, file_, purpose, privileges, strict, std::move(libraries));
    if (!started.control) {
        die(started.error, started.refused ? Cause::file : Cause::launcher);
        co_return std::nullopt;
    }
    if (state_ == State::dead) {
        link_->stop_runner(id);
        co_return std::nullopt;
    }
    if (started.output) {
        output_ = std::make_shared<Output>(executor_, std::move(started.output), name(), log_, settings_.printed);
        asio::co_spawn(executor_, output_->follow(), [output = output_, log = log_](const std::exception_ptr &failure) {
            if (failure)
                log->warn("what a plugin prints is not followed any more");
        });
    }
    Result<std::string> hash = hash_descriptor(started.plugin.get());
    // Nothing is loaded before it is asked to describe itself.
    const Result<void> admitted = hash && settings_.admit ? settings_.admit(plugin_, *hash) : Result<void>();
    if (!hash)
        die("its file cannot be read: " + hash.error().what, Cause::launcher);
    else if (!admitted)
        die(admitted.error().what, Cause::file);
    if (state_ == State::dead) {
        link_->stop_runner(id);
        co_return std::nullopt;
    }
    Process process{std::make_shared<PacketSocket>(executor_, std::move(started.control)), std::move(*hash)};
    co_return process;
}

asio::awaitable<bool> Runner::check_isolation()
{
    if (!settings_.strict || !settings_.strict())
        co_return true;
    const auto greeting = co_await link_->greeting();
    if (!greeting) {
        die(to_string(greeting.error()), Cause::launcher);
        co_return false;
    }
    if (const std::string missing = missing_layers(*greeting); !missing.empty())
        die("is not loaded: isolation is to be strict, and this system lacks " + missing, Cause::file);
    co_return state_ != State::dead;
}

asio::awaitable<bool> Runner::get_known()
{
    const std::optional<frames::LoadedFile> now = frames::loaded_file(file_.string());
    if (const auto found = known_->find(plugin_); found != known_->end() && found->second.file == now)
        co_return true;
    std::vector<std::string> libraries;
    for (;;) {
        const std::optional<Said> said = co_await ask_apart(libraries);
        if (!said)
            co_return false;
        const auto *failed = std::get_if<frames::DescribeFailed>(&said->message);
        const auto *description = std::get_if<frames::Description>(&said->message);
        const auto place = failed != nullptr ? place_of_library(failed->text, settings_.readable) : std::nullopt;
        if (place && std::find(libraries.begin(), libraries.end(), *place) == libraries.end()) {
            libraries.push_back(*place);
            continue;
        }
        if (failed != nullptr)
            die(failed->text, failed->died ? Cause::load : Cause::file);
        else if (description == nullptr)
            die("in place of a description came something else", Cause::load);
        else if (const auto meant = check(*description); !meant)
            die(to_string(meant.error()), Cause::file);
        else
            (*known_)[plugin_] = {now, {std::make_shared<const frames::Description>(*description), said->hash}};
        co_return state_ != State::dead;
    }
}

asio::awaitable<std::optional<Runner::Said>> Runner::ask_apart(std::vector<std::string> libraries)
{
    const std::uint64_t id = link_->next_id();
    describing_ = id;
    auto started = co_await start_process(id, frames::Purpose::describe, 0, std::move(libraries));
    if (!started)
        co_return std::nullopt;
    control_ = started->control;
    control_->send(frames::encode(frames::AgentToRunner(frames::Describe{cold_})).value());
    const frames::PacketBuffer buffer;
    Result<frames::Received> received = co_await control_->receive(buffer, 0);
    while (received && received->transfer == frames::Transfer::would_block)
        received = co_await control_->receive(buffer, 0);
    if (received && received->transfer == frames::Transfer::gone && state_ != State::dead) {
        fall_silent();
        co_await wait_dead();
    }
    describing_ = 0;
    link_->stop_runner(id);
    if (state_ == State::dead)
        co_return std::nullopt;
    auto message = received ? frames::decode<frames::RunnerToAgent>(received->frame)
                            : Result<frames::RunnerToAgent>(received.error());
    control_.reset();
    if (!message) {
        die("in place of a description came " + to_string(message.error()), Cause::load);
        co_return std::nullopt;
    }
    Said said{std::move(*message), std::move(started->hash)};
    co_return said;
}

std::uint32_t Runner::privileges_of(const frames::Description &description) const
{
    std::uint32_t privileges = 0;
    for (const frames::MethodDescription &method : description.methods)
        privileges |= granted_privileges(settings_, method);
    return privileges;
}

} // namespace sonde::plugin_host
