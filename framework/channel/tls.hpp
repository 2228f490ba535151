#pragma once

#include "channel/identity.hpp"
#include "channel/stream.hpp"

#include <memory>
#include <optional>
#include <string>

namespace sonde::channel {

// TLS 1.3 with our identity, for any number of connections; shared, since a connection must not outlive it. No session
// is ever resumed: a resumed one would not look at the certificate again, which may have expired meanwhile.
class TlsContext {
public:
    // `client_certificates`: refuse a client without one of our authority that carries an id and a role.
    static std::shared_ptr<const TlsContext> server(const Identity &identity, bool client_certificates);
    static std::shared_ptr<const TlsContext> client(const Identity &identity);

    std::unique_ptr<Stream> accepted(asio::ip::tcp::socket socket) const;
    // The server's certificate must carry `role`, and `host` as a DNS name or an IP address.
    std::unique_ptr<Stream> connected(asio::ip::tcp::socket socket, const std::string &host, Role role) const;

    struct Native; // the library's own context
    explicit TlsContext(std::shared_ptr<Native> native) : native_(std::move(native)) {}

private:
    std::shared_ptr<Native> native_;
};

} // namespace sonde::channel
