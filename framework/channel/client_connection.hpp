#pragma once

#include "channel/client.hpp"
#include "channel/deadline.hpp"
#include "channel/http_parser.hpp"
#include "channel/stream.hpp"
#include "channel/tls.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::channel {

// How long an exchange may take: until `end`, or, when it is streamed, `patience` for each piece.
struct ExchangeLimits {
    std::chrono::steady_clock::time_point end;
    std::chrono::milliseconds patience;
    bool streamed;
};

// One connection of a client, for one exchange at a time.
class ClientConnection {
public:
    explicit ClientConnection(asio::any_io_executor executor);

    // Tries each address of the server in turn.
    asio::awaitable<Result<void>> open(const ClientOptions &options, const TlsContext *tls, ExchangeLimits limits);
    asio::awaitable<Result<Response>> exchange(const Request &request, const ClientOptions &options,
                                               ExchangeLimits limits, const BodySink *sink);

    // Whether the last exchange failed without a byte of an answer, for another reason than its deadline.
    bool unanswered() const { return unanswered_; }
    // Whether another exchange may follow the last one.
    bool reusable() const { return reusable_; }
    // False when the server has closed it meanwhile.
    bool fresh();
    // Ends the exchange with an error.
    void abandon();

private:
    void cancel();
    using Endpoints = std::vector<asio::ip::tcp::endpoint>;

    asio::awaitable<Result<Endpoints>> resolve(const Url &server);
    asio::awaitable<Result<void>> connect(const asio::ip::tcp::endpoint &endpoint, const ClientOptions &options,
                                          const TlsContext *tls);
    asio::awaitable<Result<void>> send(std::string_view head, std::string_view body);
    asio::awaitable<Result<void>> receive(HttpParser &parser, const ClientOptions &options, ExchangeLimits limits,
                                          const BodySink *sink);
    asio::awaitable<Result<std::size_t>> read_more(HttpParser &parser);
    Error failure(const std::string &what, const error_code &error) const;

    asio::ip::tcp::resolver resolver_;
    asio::ip::tcp::socket connecting_;
    std::unique_ptr<Stream> stream_; // once connected
    Deadline deadline_;
    std::string unread_;
    bool unanswered_ = false;
    bool reusable_ = false;
    bool abandoned_ = false;
};

} // namespace sonde::channel
