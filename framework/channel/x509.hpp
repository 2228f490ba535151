#pragma once

#include "channel/identity.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

namespace sonde::channel {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T *object) const
    {
        Free(object);
    }
};

using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freed<X509_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;

struct Credentials {
    std::vector<CertificatePtr> authorities; // ca.pem may hold the old and the new one while they change
    CertificatePtr certificate;
    KeyPtr key;
};

inline constexpr std::string_view kRoleUri = "urn:sonde:role:";
inline constexpr std::string_view kIdUri = "urn:uuid:";

// The first reason in OpenSSL's error queue, which is emptied; `otherwise` if it has none.
std::string openssl_reason(const char *otherwise);

// Who the certificate speaks for; exactly one id and one role must be in it. Does not verify anything.
Result<PeerIdentity> identity_in(X509 *certificate);

// The one or several certificates of a PEM text or file content; `where` is for the error.
Result<std::vector<CertificatePtr>> certificates_from_pem(const std::string &pem, const std::string &where);
Result<KeyPtr> key_from_pem(const std::string &pem, const std::string &where);

// Reads at most 256 KiB.
Result<std::string> read_text(const std::filesystem::path &file);

} // namespace sonde::channel
