#pragma once

#include "base/log.hpp"
#include "channel/message.hpp"
#include "news.hpp"
#include "silence.hpp"
#include "store/controller_state.hpp"

namespace sonde::controller {

// The Controller of RFC 7594: agents fetch their instruction and tell their capabilities and failures; operators set
// instructions. Belongs to the server's one thread. The paths are in docs/formats.md.
class Controller {
public:
    // Both outlive it.
    Controller(store::ControllerState &state, Log &log) : state_(state), log_(log) {}

    // Refuses by role and path before a body is read.
    std::optional<channel::Response> admit(const channel::Request &request) const;

    asio::awaitable<channel::Response> handle(channel::Request request);

    // Answers the long polls that wait, and lets none wait any more.
    void stop_waiting();

private:
    asio::awaitable<channel::Response> give_instruction(channel::Request request);
    asio::awaitable<channel::Response> take_capabilities(channel::Request request);
    asio::awaitable<channel::Response> take_failures(channel::Request request);
    asio::awaitable<channel::Response> list_agents();
    asio::awaitable<channel::Response> list_failures(channel::Request request);
    asio::awaitable<channel::Response> set_instruction(channel::Request request, Uuid agent);
    asio::awaitable<channel::Response> show_instruction(Uuid agent);

    store::ControllerState &state_;
    Log &log_;
    News news_;
    Silences silences_;
    bool stopping_ = false;
};

} // namespace sonde::controller
