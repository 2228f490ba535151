#include "transport.hpp"

#include "tcp_figures.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include <openssl/err.h>
#include <sys/socket.h>

namespace sonde::http_download {

IoResult Transport::from_errno(ssize_t result)
{
    if (result > 0)
        return {Io::ok, static_cast<std::size_t>(result)};
    if (result == 0)
        return {Io::end};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return {Io::want_read};
    note_error(errno);
    complaint_ = std::strerror(errno);
    return {Io::error};
}

IoResult Transport::from_tls(int result)
{
    const int saved = errno;
    if (result > 0)
        return {Io::ok, static_cast<std::size_t>(result)};
    switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
        return {Io::want_read};
    case SSL_ERROR_WANT_WRITE:
        return {Io::want_write};
    case SSL_ERROR_ZERO_RETURN:
        return {Io::end};
    case SSL_ERROR_SYSCALL:
        note_error(saved);
        complaint_ = take_tls_error(saved == 0 ? "the connection ended" : std::strerror(saved));
        return {Io::error};
    default:
        // Many servers end a connection without close_notify; what is missing then, the body's framing tells.
        if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING && established_) {
            ERR_clear_error();
            return {Io::end};
        }
        complaint_ = take_tls_error("TLS failed");
        return {Io::error};
    }
}

IoResult Transport::handshake()
{
    ERR_clear_error();
    const IoResult result = from_tls(SSL_connect(tls_.get()));
    established_ = result.io == Io::ok;
    if (result.io == Io::error && certificate_rejected())
        complaint_ = X509_verify_cert_error_string(SSL_get_verify_result(tls_.get()));
    return result;
}

IoResult Transport::write(const char *data, std::size_t size)
{
    if (tls_) {
        ERR_clear_error();
        return from_tls(SSL_write(tls_.get(), data, static_cast<int>(std::min<std::size_t>(size, INT_MAX))));
    }
    const IoResult result = from_errno(send(fd_.get(), data, size, MSG_NOSIGNAL));
    return result.io == Io::want_read ? IoResult{Io::want_write} : result;
}

IoResult Transport::read(char *data, std::size_t size)
{
    if (tls_) {
        ERR_clear_error();
        return from_tls(SSL_read(tls_.get(), data, static_cast<int>(std::min<std::size_t>(size, INT_MAX))));
    }
    return from_errno(recv(fd_.get(), data, size, 0));
}

IoResult Transport::discard(std::size_t size)
{
    return from_errno(recv(fd_.get(), nullptr, size, MSG_TRUNC)); // tcp(7)
}

void Transport::note_error(int error)
{
    broken_ |= ends_without_fin(error);
}

plugin::Fd Transport::release()
{
    tls_.reset();
    return std::move(fd_);
}

} // namespace sonde::http_download
