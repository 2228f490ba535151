#include "channel/x509.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace sonde::channel {

namespace {

struct FreeText {
    void operator()(char *text) const { OPENSSL_free(text); }
};

std::string serial_of(X509 *certificate)
{
    const std::unique_ptr<BIGNUM, Freed<BN_free>> number(
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
    const std::unique_ptr<char, FreeText> text(number ? BN_bn2hex(number.get()) : nullptr);
    return text ? text.get() : "";
}

std::string fingerprint_of(X509 *certificate)
{
    static constexpr char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    std::string text;
    if (X509_digest(certificate, EVP_sha256(), digest, &size) == 1)
        for (unsigned i = 0; i < size; ++i)
            text += {digits[digest[i] >> 4], digits[digest[i] & 15]};
    return text;
}

// A passphrase prompt on the terminal of a daemon would hang it.
int no_passphrase(char *, int, int, void *)
{
    return 0;
}

} // namespace

std::string openssl_reason(const char *otherwise)
{
    const auto code = ERR_peek_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    std::string text = reason != nullptr ? reason : otherwise;
    ERR_clear_error();
    return text;
}

Result<PeerIdentity> identity_in(X509 *certificate)
{
    const std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>> names(
        static_cast<GENERAL_NAMES *>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    PeerIdentity identity;
    int ids = 0;
    int roles = 0;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_URI)
            continue;
        const auto *data = ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
        const auto size = ASN1_STRING_length(name->d.uniformResourceIdentifier);
        const std::string_view uri(reinterpret_cast<const char *>(data), static_cast<std::size_t>(size));
        if (uri.starts_with(kIdUri)) {
            auto id = parse_uuid(uri.substr(kIdUri.size()));
            if (!id)
                return Error{"certificate", "bad id: " + id.error().what, ""};
            identity.id = *id;
            ++ids;
        } else if (uri.starts_with(kRoleUri)) {
            auto role = parse_role(uri.substr(kRoleUri.size()));
            if (!role)
                return Error{"certificate", role.error().what, role.error().hint};
            identity.role = *role;
            ++roles;
        }
    }
    if (ids != 1 || roles != 1)
        return Error{"certificate",
                     "it must carry one id and one role, and has " + std::to_string(ids) + " and " +
                         std::to_string(roles),
                     "issue it with 'sonde ca issue'"};
    identity.serial = serial_of(certificate);
    identity.fingerprint = fingerprint_of(certificate);
    return identity;
}

Result<std::vector<CertificatePtr>> certificates_from_pem(const std::string &pem, const std::string &where)
{
    const BioPtr text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    std::vector<CertificatePtr> certificates;
    while (X509 *certificate = PEM_read_bio_X509(text.get(), nullptr, no_passphrase, nullptr))
        certificates.emplace_back(certificate);
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const auto reason = openssl_reason("damaged");
    if (certificates.empty())
        return Error{where, "not a PEM certificate: " + reason, ""};
    if (!at_end)
        return Error{where, "damaged PEM certificate: " + reason, ""};
    return certificates;
}

Result<KeyPtr> key_from_pem(const std::string &pem, const std::string &where)
{
    const BioPtr text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    KeyPtr key(PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr));
    if (!key)
        return Error{where, "not a PEM private key: " + openssl_reason("damaged"), "a key without passphrase"};
    return key;
}

Result<std::string> read_text(const std::filesystem::path &file)
{
    static constexpr std::size_t kLimit = 256 * 1024;
    std::ifstream in(file, std::ios::binary);
    if (!in)
        return Error{file.string(), std::strerror(errno), ""};
    std::string text(kLimit + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad())
        return Error{file.string(), std::strerror(errno), ""};
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kLimit)
        return Error{file.string(), "larger than 256 KiB", ""};
    return text;
}

} // namespace sonde::channel
