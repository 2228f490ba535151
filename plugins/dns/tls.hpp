#pragma once

#include "settings.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include <openssl/ssl.h>

namespace sonde::dns {

struct SslContextDeleter {
    void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
};
struct SslDeleter {
    void operator()(SSL *ssl) const { SSL_free(ssl); }
};
struct SslSessionDeleter {
    void operator()(SSL_SESSION *session) const { SSL_SESSION_free(session); }
};
using Ssl = std::unique_ptr<SSL, SslDeleter>;
using SslSession = std::unique_ptr<SSL_SESSION, SslSessionDeleter>;

/*
 * TLS 1.2 or 1.3 with the servers' certificates verified, and the sessions that servers gave for later. An SSL must not
 * outlive it.
 */
class Tls {
public:
    // Throws plugin::Failure if the certificates of `settings.ca`, or the system's, cannot be read.
    explicit Tls(const Settings &settings);

    // For a connected socket to a server that must show a certificate for `name`, a host's name or an address. Resumes
    // an earlier session with the same server and transport if it is told to and there is one.
    Ssl begin(int fd, const std::string &name, std::size_t server, Transport transport, bool resume);

private:
    static int keep_session(SSL *ssl, SSL_SESSION *session);

    std::unique_ptr<SSL_CTX, SslContextDeleter> context_;
    std::map<std::pair<std::size_t, Transport>, SslSession> sessions_;
};

// Before a call whose error will be asked for.
void clear_tls_errors();
// The last error: the other side ended the connection without close_notify.
bool tls_ended_without_word();
// What OpenSSL's error queue says, emptied; `otherwise` if it is empty.
std::string take_tls_error(const std::string &otherwise);

} // namespace sonde::dns
