#pragma once

#include "channel/identity.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

namespace sonde::channel {

namespace asio = boost::asio;
using boost::system::error_code;

using Pieces = std::array<asio::const_buffer, 3>;

// A connection's bytes, plain or TLS. Virtual, so that HTTP is compiled once and a thinner TLS can take its place. One
// read and one write at a time; cancelling the socket ends them with operation_aborted.
class Stream {
public:
    virtual ~Stream() = default;

    // Who the other side is; nobody for a plain stream or one that asks for no certificate.
    virtual asio::awaitable<Result<std::optional<PeerIdentity>>> handshake() = 0;
    // 0 with an error, asio::error::eof at the end.
    virtual asio::awaitable<std::size_t> read_some(asio::mutable_buffer into, error_code &error) = 0;
    virtual asio::awaitable<std::size_t> write_some(const Pieces &pieces, error_code &error) = 0;
    // Tells the other side that nothing more will come, and for TLS waits until it says so too.
    virtual asio::awaitable<void> finish() = 0;
    virtual asio::ip::tcp::socket &socket() = 0;
};

std::unique_ptr<Stream> plain_stream(asio::ip::tcp::socket socket);

// A sentence for a failed read or write: what it says of the connection, or of the other side's TLS alert.
std::string describe(const error_code &error);

} // namespace sonde::channel
