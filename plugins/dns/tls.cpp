#include "tls.hpp"

#include <sonde/address.hpp>
#include <sonde/plugin.hpp>

#include <cstring>
#include <new>

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace sonde::dns {
namespace {

// A certificate chain larger than that is refused: what a query may cost is known beforehand.
constexpr long kChainMax = 16 * 1024;

constexpr unsigned char kDotAlpn[] = "\x03"
                                     "dot";
constexpr unsigned char kDohAlpn[] = "\x02"
                                     "h2";

// Index of an SSL's key in the store of sessions, found by what is kept with the SSL.
struct Keep {
    std::map<std::pair<std::size_t, Transport>, SslSession> *sessions;
    std::pair<std::size_t, Transport> key;
};

void free_keep(void *, void *keep, CRYPTO_EX_DATA *, int, long, void *)
{
    delete static_cast<Keep *>(keep);
}

int keep_index()
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_keep);
    return index;
}

} // namespace

Tls::Tls(const Settings &settings) : context_(SSL_CTX_new(TLS_client_method()))
{
    ERR_clear_error();
    if (!context_)
        throw std::bad_alloc();
    SSL_CTX *context = context_.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_max_cert_list(context, kChainMax);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &Tls::keep_session);
    const int loaded = settings.ca ? SSL_CTX_load_verify_file(context, settings.ca->c_str())
                                   : SSL_CTX_set_default_verify_paths(context);
    if (loaded == 1)
        return;
    const bool relative = settings.ca && !settings.ca->starts_with('/');
    throw plugin::Failure{kBadOption, "cannot load certificates from " +
                                          (settings.ca ? "'" + *settings.ca + "'" : "the system's store") + ": " +
                                          take_tls_error("no reason given") +
                                          (relative ? "; a run is in another directory: give an absolute path" : "")};
}

Ssl Tls::begin(int fd, const std::string &name, std::size_t server, Transport transport, bool resume)
{
    Ssl ssl(SSL_new(context_.get()));
    if (!ssl || SSL_set_fd(ssl.get(), fd) != 1)
        throw std::bad_alloc();
    const std::pair key(server, transport);
    SSL_set_ex_data(ssl.get(), keep_index(), new Keep{&sessions_, key});
    if (transport == Transport::doh)
        SSL_set_alpn_protos(ssl.get(), kDohAlpn, sizeof kDohAlpn - 1);
    else
        SSL_set_alpn_protos(ssl.get(), kDotAlpn, sizeof kDotAlpn - 1);
    if (plugin::parse_ip(name)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), name.c_str());
    } else {
        SSL_set1_host(ssl.get(), name.c_str());
        SSL_set_tlsext_host_name(ssl.get(), name.c_str());
    }
    if (const auto kept = sessions_.find(key); resume && kept != sessions_.end())
        SSL_set_session(ssl.get(), kept->second.get());
    return ssl;
}

// OpenSSL hands over a reference of its own with the answer 1.
int Tls::keep_session(SSL *ssl, SSL_SESSION *session)
{
    const auto *keep = static_cast<const Keep *>(SSL_get_ex_data(ssl, keep_index()));
    if (keep == nullptr)
        return 0;
    (*keep->sessions)[keep->key].reset(session);
    return 1;
}

void clear_tls_errors()
{
    ERR_clear_error();
}

bool tls_ended_without_word()
{
    return ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
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

} // namespace sonde::dns
