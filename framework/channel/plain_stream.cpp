#include "channel/stream.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sonde::channel {

namespace {

class PlainStream final : public Stream {
public:
    explicit PlainStream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

    asio::awaitable<Result<std::optional<PeerIdentity>>> handshake() override
    {
        co_return std::optional<PeerIdentity>{};
    }

    asio::awaitable<std::size_t> read_some(asio::mutable_buffer into, error_code &error) override
    {
        const auto bytes = co_await socket_.async_read_some(into, asio::redirect_error(asio::use_awaitable, error));
        co_return bytes;
    }

    asio::awaitable<std::size_t> write_some(const Pieces &pieces, error_code &error) override
    {
        const auto bytes = co_await socket_.async_write_some(pieces, asio::redirect_error(asio::use_awaitable, error));
        co_return bytes;
    }

    asio::awaitable<void> finish() override
    {
        error_code ignored;
        socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
        co_return;
    }

    asio::ip::tcp::socket &socket() override { return socket_; }

private:
    asio::ip::tcp::socket socket_;
};

} // namespace

std::unique_ptr<Stream> plain_stream(asio::ip::tcp::socket socket)
{
    return std::make_unique<PlainStream>(std::move(socket));
}

} // namespace sonde::channel
