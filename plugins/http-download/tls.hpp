#pragma once

#include "checked.hpp"

#include <memory>
#include <string>

#include <openssl/ssl.h>

namespace sonde::http_download {

struct ContextDeleter {
    void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
};
struct SessionDeleter {
    void operator()(SSL *session) const { SSL_free(session); }
};
using TlsContext = std::unique_ptr<SSL_CTX, ContextDeleter>;
using TlsSession = std::unique_ptr<SSL, SessionDeleter>;

// TLS 1.2 or 1.3, the server's certificate verified against `ca` (a PEM file; empty: the system's store).
Checked<TlsContext> make_tls_context(const std::string &ca);

// A session that expects the certificate of `host` (a name or an address literal) on the connected socket `fd`.
TlsSession make_tls_session(SSL_CTX &context, const std::string &host, int fd);

// What OpenSSL's error queue says, emptied; `otherwise` if it is empty.
std::string take_tls_error(const std::string &otherwise);

} // namespace sonde::http_download
