#pragma once

#include "base/log.hpp"
#include "channel/lines.hpp"
#include "store/repository.hpp"

namespace sonde::collector {

namespace asio = boost::asio;

// The Collector of RFC 7594: takes reports from agents, commits them and only then acknowledges; answers operators'
// queries as one JSON object a line. Belongs to the server's one thread. The paths are in docs/formats.md.
class Collector {
public:
    // Both outlive it.
    Collector(store::Repository &repository, Log &log) : repository_(repository), log_(log) {}

    // Refuses by role and path before a body is read.
    std::optional<channel::Response> admit(const channel::Request &request) const;

    asio::awaitable<channel::Response> handle(channel::Request request);

    // The server stops: queries, which may take long, end with an error; reports are taken to their end.
    void stop_queries();

private:
    asio::awaitable<channel::Response> take_report(channel::Request request);
    asio::awaitable<channel::Response> list_results(channel::Request request);
    asio::awaitable<channel::Response> list_outcomes(channel::Request request);
    asio::awaitable<channel::Response> list_outcome_sums(channel::Request request);
    asio::awaitable<channel::Response> trace(channel::Request request);
    asio::awaitable<channel::Response> list(channel::NextPage pages);

    channel::Response unavailable(const Error &error) const;

    store::Repository &repository_;
    Log &log_;
    bool stopping_ = false;
};

} // namespace sonde::collector
