#include "channel/tls.hpp"

#include "channel/x509.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/ssl.h>

#include <stdexcept>

namespace sonde::channel {

struct TlsContext::Native {
    asio::ssl::context context{asio::ssl::context::tls};
    bool asks_clients = false;
};

namespace {

// What we say of a certificate of the other side that we refuse.
std::string verification_text(X509_STORE_CTX *check)
{
    const bool leaf = X509_STORE_CTX_get_error_depth(check) == 0;
    switch (const int code = X509_STORE_CTX_get_error(check)) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return leaf ? "expired" : "its authority's expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "not yet valid, or our clock is wrong";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return "not issued by our authority";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "it is for another host";
    default:
        return X509_verify_cert_error_string(code);
    }
}

// What a TLS alert about our certificate means (RFC 8446 section 6.2); null for other reasons.
const char *refusal_of_ours(int reason)
{
    switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return "it wants a certificate and we showed none";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return "not issued by its authority";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return "expired";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        return "revoked";
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        return "not of the role it expects";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        return "for another host, or damaged";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        return "not acceptable";
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        return "access denied";
    default:
        return nullptr;
    }
}

std::string describe_tls(int reason)
{
    if (const char *refusal = refusal_of_ours(reason))
        return std::string("the other side refused our certificate: ") + refusal;
    switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return "the other side showed no certificate";
    case SSL_R_HTTP_REQUEST:
        return "plain HTTP where TLS is spoken";
    case SSL_R_WRONG_VERSION_NUMBER:
        return "the other side does not speak TLS here";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return "TLS 1.3 is needed";
    default: {
        const char *text = ERR_reason_error_string(ERR_PACK(ERR_LIB_SSL, 0, reason));
        return std::string("TLS: ") + (text != nullptr ? text : "unknown error");
    }
    }
}

class TlsStream final : public Stream {
public:
    TlsStream(std::shared_ptr<TlsContext::Native> native, asio::ip::tcp::socket socket, bool client)
        : native_(std::move(native)), stream_(std::move(socket), native_->context), client_(client)
    {
        if (client_ || native_->asks_clients)
            stream_.set_verify_callback([this](bool good, asio::ssl::verify_context &context) {
                return verify(good, context.native_handle());
            });
    }

    void expect(const std::string &host, Role role)
    {
        role_ = role;
        auto *parameters = SSL_get0_param(stream_.native_handle());
        if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) != 1) {
            SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
            X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size());
            X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        }
    }

    asio::awaitable<Result<std::optional<PeerIdentity>>> handshake() override
    {
        const auto side = client_ ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
        error_code error;
        co_await stream_.async_handshake(side, asio::redirect_error(asio::use_awaitable, error));
        if (error && !refusal_.empty())
            co_return Error{"TLS", "the other side's certificate is refused: " + refusal_, ""};
        if (error)
            co_return Error{"TLS", describe(error), ""};
        co_return peer_;
    }

    asio::awaitable<std::size_t> read_some(asio::mutable_buffer into, error_code &error) override
    {
        const auto bytes = co_await stream_.async_read_some(into, asio::redirect_error(asio::use_awaitable, error));
        co_return bytes;
    }

    asio::awaitable<std::size_t> write_some(const Pieces &pieces, error_code &error) override
    {
        const auto bytes = co_await stream_.async_write_some(pieces, asio::redirect_error(asio::use_awaitable, error));
        co_return bytes;
    }

    asio::awaitable<void> finish() override
    {
        // Waits for the other side's close_notify too; the caller's deadline bounds it.
        error_code ignored;
        if (SSL_is_init_finished(stream_.native_handle()) == 1)
            co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
        stream_.next_layer().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }

    asio::ip::tcp::socket &socket() override { return stream_.next_layer(); }

private:
    // Called by OpenSSL for each certificate of the chain, and for each fault.
    bool verify(bool good, X509_STORE_CTX *check)
    {
        X509 *certificate = X509_STORE_CTX_get_current_cert(check);
        const bool leaf = X509_STORE_CTX_get_error_depth(check) == 0;
        auto identity = leaf && certificate != nullptr ? identity_in(certificate) : Error{"", "no identity", ""};
        if (!good) {
            refusal_ = verification_text(check);
            // A wrong role usually shows as a wrong purpose first; say both.
            if (identity && role_ && identity->role != *role_)
                refusal_ += ", and " + wrong_role(*identity);
            return false;
        }
        if (!leaf)
            return true;
        if (!identity)
            refusal_ = identity.error().what;
        else if (role_ && identity->role != *role_)
            refusal_ = wrong_role(*identity);
        else
            peer_ = std::move(*identity);
        if (!refusal_.empty())
            X509_STORE_CTX_set_error(check, X509_V_ERR_INVALID_PURPOSE); // the alert is unsupported_certificate
        return refusal_.empty();
    }

    std::string wrong_role(const PeerIdentity &identity) const
    {
        return "it is of role " + std::string(to_string(identity.role)) + " where " + std::string(to_string(*role_)) +
               " is expected";
    }

    std::shared_ptr<TlsContext::Native> native_;
    asio::ssl::stream<asio::ip::tcp::socket> stream_;
    bool client_;
    std::optional<Role> role_;
    std::optional<PeerIdentity> peer_;
    std::string refusal_;
};

std::shared_ptr<TlsContext::Native> make_native(const Identity &identity)
{
    auto native = std::make_shared<TlsContext::Native>();
    SSL_CTX *context = native->context.native_handle();
    const auto &credentials = *identity.credentials;
    bool good = SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
                SSL_CTX_use_certificate(context, credentials.certificate.get()) == 1 &&
                SSL_CTX_use_PrivateKey(context, credentials.key.get()) == 1;
    for (const auto &authority : credentials.authorities) {
        good = good && X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) == 1;
        good = good && SSL_CTX_add_client_CA(context, authority.get()) == 1;
    }
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); // 34 KB less for each of many idle connections
    if (!good)
        throw std::runtime_error("TLS context: " + openssl_reason("cannot be made"));
    return native;
}

} // namespace

std::shared_ptr<const TlsContext> TlsContext::server(const Identity &identity, bool client_certificates)
{
    auto native = make_native(identity);
    native->asks_clients = client_certificates;
    native->context.set_verify_mode(
        client_certificates ? asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert : asio::ssl::verify_none);
    return std::make_shared<const TlsContext>(std::move(native));
}

std::shared_ptr<const TlsContext> TlsContext::client(const Identity &identity)
{
    auto native = make_native(identity);
    native->context.set_verify_mode(asio::ssl::verify_peer);
    return std::make_shared<const TlsContext>(std::move(native));
}

std::unique_ptr<Stream> TlsContext::accepted(asio::ip::tcp::socket socket) const
{
    return std::make_unique<TlsStream>(native_, std::move(socket), false);
}

std::unique_ptr<Stream> TlsContext::connected(asio::ip::tcp::socket socket, const std::string &host, Role role) const
{
    auto stream = std::make_unique<TlsStream>(native_, std::move(socket), true);
    stream->expect(host, role);
    return stream;
}

std::string describe(const error_code &error)
{
    if (error.category() == asio::error::get_ssl_category())
        return describe_tls(ERR_GET_REASON(static_cast<unsigned long>(error.value())));
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
        return "the other side closed the connection";
    return error.message();
}

} // namespace sonde::channel
