#include "channel/identity.hpp"

#include "channel/x509.hpp"

#include <ctime>

namespace sonde::channel {

namespace {

Result<WallTime> wall_time(const ASN1_TIME *time, const std::string &where)
{
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return Error{where, "its time of expiry cannot be read", ""};
    return WallTime{std::chrono::seconds{timegm(&parts)}};
}

// As OpenSSL verifies it, so that a certificate is refused here for what a peer would refuse it for.
Result<void> check_issued(const Credentials &credentials, const std::string &where)
{
    const std::unique_ptr<X509_STORE, Freed<X509_STORE_free>> store(X509_STORE_new());
    for (const auto &authority : credentials.authorities)
        X509_STORE_add_cert(store.get(), authority.get());
    const std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>> check(X509_STORE_CTX_new());
    X509_STORE_CTX_init(check.get(), store.get(), credentials.certificate.get(), nullptr);
    if (X509_verify_cert(check.get()) == 1)
        return {};
    switch (const int code = X509_STORE_CTX_get_error(check.get())) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return Error{where, X509_STORE_CTX_get_error_depth(check.get()) == 0 ? "expired" : "its authority's expired",
                     "issue a new one"};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return Error{where, "not issued by the authority in ca.pem beside it", "all three files must belong together"};
    default:
        return Error{where, X509_verify_cert_error_string(code), ""};
    }
}

} // namespace

Result<std::shared_ptr<const Identity>> load_identity(const std::filesystem::path &directory)
{
    const auto certificate_file = (directory / "cert.pem").string();
    const auto key_file = (directory / "key.pem").string();
    const auto authority_file = (directory / "ca.pem").string();
    auto authority_pem = read_text(authority_file);
    if (!authority_pem)
        return authority_pem.error();
    auto certificate_pem = read_text(certificate_file);
    if (!certificate_pem)
        return certificate_pem.error();
    auto key_pem = read_text(key_file);
    if (!key_pem)
        return key_pem.error();

    auto authorities = certificates_from_pem(*authority_pem, authority_file);
    if (!authorities)
        return authorities.error();
    auto certificates = certificates_from_pem(*certificate_pem, certificate_file);
    if (!certificates)
        return certificates.error();
    auto key = key_from_pem(*key_pem, key_file);
    OPENSSL_cleanse(key_pem->data(), key_pem->size());
    if (!key)
        return key.error();

    auto credentials = std::make_shared<Credentials>();
    credentials->authorities = std::move(*authorities);
    credentials->certificate = std::move(certificates->front());
    credentials->key = std::move(*key);
    if (X509_check_private_key(credentials->certificate.get(), credentials->key.get()) != 1) {
        openssl_reason("");
        return Error{key_file, "not the key of cert.pem beside it", ""};
    }
    if (auto issued = check_issued(*credentials, certificate_file); !issued)
        return issued.error();
    auto self = identity_in(credentials->certificate.get());
    if (!self)
        return Error{certificate_file, self.error().what, self.error().hint};
    auto not_after = wall_time(X509_get0_notAfter(credentials->certificate.get()), certificate_file);
    if (!not_after)
        return not_after.error();
    return std::make_shared<const Identity>(Identity{std::move(*self), *not_after, std::move(credentials)});
}

Result<std::shared_ptr<const Identity>> load_identity(const std::filesystem::path &directory, Role role)
{
    auto identity = load_identity(directory);
    if (!identity || (*identity)->self.role == role)
        return identity;
    const std::string wanted(to_string(role));
    return Error{(directory / "cert.pem").string(),
                 "its role is " + std::string(to_string((*identity)->self.role)) + ", and " + wanted + " is wanted",
                 "make one with 'sonde ca issue " + wanted + " --ca FOLDER --out FOLDER" +
                     (is_server(role) ? " --host NAME'" : "'")};
}

} // namespace sonde::channel
