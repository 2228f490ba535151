#pragma once

#include "tls.hpp"

#include <sonde/plugin.hpp>

#include <cstddef>
#include <string>

namespace sonde::http_download {

enum class Io {
    ok,
    want_read,  // nothing now; try again when the socket is readable
    want_write, // the same, writable
    end,        // the other side has ended the connection
    error,
};

struct IoResult {
    Io io;
    std::size_t bytes = 0; // of ok, above 0
};

// A connected socket, plain or with TLS over it. Never blocks.
class Transport {
public:
    Transport() = default;
    explicit Transport(plugin::Fd fd) : fd_(std::move(fd)) {}

    void add_tls(SSL_CTX &context, const std::string &host) { tls_ = make_tls_session(context, host, fd_.get()); }
    IoResult handshake();

    IoResult write(const char *data, std::size_t size);
    IoResult read(char *data, std::size_t size);
    // Has the kernel throw bytes away without copying them to us. Only where can_discard.
    IoResult discard(std::size_t size);
    bool can_discard() const { return !tls_; }
    // Something was read ahead: the socket need not become readable again for it.
    bool holds_data() const { return tls_ && SSL_has_pending(tls_.get()) != 0; }

    int fd() const { return fd_.get(); }
    bool is_open() const { return static_cast<bool>(fd_); }
    // Ends TLS for us alone, and gives the socket away.
    plugin::Fd release();
    // The connection has ended by an error, and not by the other side's FIN.
    bool broken() const { return broken_; }

    // "TLSv1.3"; NULL without TLS.
    const char *tls_version() const { return tls_ ? SSL_get_version(tls_.get()) : nullptr; }
    // After a failed handshake: the certificate was at fault.
    bool certificate_rejected() const { return tls_ && SSL_get_verify_result(tls_.get()) != X509_V_OK; }
    // After error: a sentence for a person.
    const std::string &complaint() const { return complaint_; }

private:
    IoResult from_errno(ssize_t result);
    IoResult from_tls(int result);
    void note_error(int error);

    plugin::Fd fd_;
    TlsSession tls_;           // before fd_ in destruction
    bool established_ = false; // TLS; OpenSSL forgets it on an error
    bool broken_ = false;
    std::string complaint_;
};

} // namespace sonde::http_download
