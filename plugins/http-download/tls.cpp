#include "tls.hpp"

#include <sonde/address.hpp>

#include <cstring>
#include <new>

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace sonde::http_download {
namespace {

constexpr std::size_t kReadAhead = 64 * 1024;
constexpr unsigned char kAlpn[] = "\x08http/1.1";

bool is_address_literal(const std::string &host)
{
    return plugin::parse_ip(host).has_value();
}

} // namespace

Checked<TlsContext> make_tls_context(const std::string &ca)
{
    ERR_clear_error();
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    if (!context)
        throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    // What is sent is the same wherever it lies, and goes on where it stopped.
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Fewer, larger reads: a record alone is at most 16 KiB.
    SSL_CTX_set_read_ahead(context.get(), 1);
    SSL_CTX_set_default_read_buffer_len(context.get(), kReadAhead);
    SSL_CTX_set_alpn_protos(context.get(), kAlpn, sizeof kAlpn - 1);
    const int loaded = ca.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                  : SSL_CTX_load_verify_file(context.get(), ca.c_str());
    if (loaded != 1)
        return Complaint{"cannot load certificates from " + (ca.empty() ? "the system's store" : "'" + ca + "'") +
                         ": " + take_tls_error("no reason given")};
    return context;
}

TlsSession make_tls_session(SSL_CTX &context, const std::string &host, int fd)
{
    TlsSession session(SSL_new(&context));
    if (!session || SSL_set_fd(session.get(), fd) != 1)
        throw std::bad_alloc();
    if (is_address_literal(host)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.get()), host.c_str());
    } else {
        SSL_set1_host(session.get(), host.c_str());
        SSL_set_tlsext_host_name(session.get(), host.c_str());
    }
    return session;
}

std::string take_tls_error(const std::string &otherwise)
{
    const unsigned long error = ERR_peek_error();
    const char *reason = nullptr;
    if (ERR_SYSTEM_ERROR(error))
        reason = std::strerror(ERR_GET_REASON(error));
    else if (error != 0)
        reason = ERR_reason_error_string(error);
    ERR_clear_error();
    return reason == nullptr ? otherwise : reason;
}

} // namespace sonde::http_download
