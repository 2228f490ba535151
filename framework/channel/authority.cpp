#include "channel/authority.hpp"

#include "channel/x509.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sonde::channel {

namespace {

namespace fs = std::filesystem;
using std::chrono::sys_seconds;

Error openssl_error(const std::string &where, const char *step)
{
    return Error{where, std::string(step) + ": " + openssl_reason("unknown reason"), ""};
}

// Files that appear all or not at all: those written are removed unless kept.
class NewFiles {
public:
    NewFiles() = default;
    NewFiles(const NewFiles &) = delete;
    NewFiles &operator=(const NewFiles &) = delete;
    ~NewFiles()
    {
        for (const auto &file : written_)
            unlink(file.c_str());
    }

    Result<void> write(const fs::path &file, std::string_view text, mode_t mode)
    {
        const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd < 0) {
            const bool exists = errno == EEXIST;
            return Error{file.string(), std::strerror(errno), exists ? "nothing is ever overwritten" : ""};
        }
        written_.push_back(file);
        // The umask may have taken bits; a certificate must stay readable for the program's own user.
        bool good = fchmod(fd, mode) == 0;
        while (good && !text.empty()) {
            const auto taken = ::write(fd, text.data(), text.size());
            good = taken > 0;
            text.remove_prefix(good ? static_cast<std::size_t>(taken) : 0);
        }
        good = good && fsync(fd) == 0;
        const int reason = errno;
        close(fd);
        if (!good)
            return Error{file.string(), std::strerror(reason), ""};
        return {};
    }

    void keep() { written_.clear(); }

private:
    std::vector<fs::path> written_;
};

Result<void> make_directory(const fs::path &directory)
{
    std::error_code error;
    fs::create_directories(directory, error);
    if (error)
        return Error{directory.string(), error.message(), ""};
    return {};
}

std::string text_of(BIO *bio)
{
    char *data = nullptr;
    const auto size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string to_pem(X509 *certificate)
{
    const BioPtr bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), certificate);
    return text_of(bio.get());
}

std::string to_pem(EVP_PKEY *key)
{
    const BioPtr bio(BIO_new(BIO_s_secmem()));
    PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return text_of(bio.get());
}

bool add_extension(X509 *certificate, X509 *issuer, int nid, const std::string &value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// What both kinds of certificate have in common. RFC 5280 section 4.1.2.2: a positive serial of at most 20 octets.
Result<CertificatePtr> new_certificate(EVP_PKEY *key, const std::string &common_name, sys_seconds from,
                                       sys_seconds until)
{
    CertificatePtr certificate(X509_new());
    const std::unique_ptr<BIGNUM, Freed<BN_free>> serial(BN_new());
    auto *name = X509_get_subject_name(certificate.get());
    const auto field = [&](const char *type, const std::string &value) {
        return X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8,
                                          reinterpret_cast<const unsigned char *>(value.data()),
                                          static_cast<int>(value.size()), -1, 0) == 1;
    };
    const bool good =
        X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
        BN_rand(serial.get(), 159, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
        BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate.get())) != nullptr &&
        ASN1_TIME_set(X509_getm_notBefore(certificate.get()), from.time_since_epoch().count()) != nullptr &&
        ASN1_TIME_set(X509_getm_notAfter(certificate.get()), until.time_since_epoch().count()) != nullptr &&
        field("O", "Sonde") && field("CN", common_name) && X509_set_pubkey(certificate.get(), key) == 1;
    if (!good)
        return openssl_error("certificate", "cannot be made");
    return certificate;
}

bool is_address(const std::string &host)
{
    unsigned char buffer[16];
    return inet_pton(AF_INET, host.c_str(), buffer) == 1 || inet_pton(AF_INET6, host.c_str(), buffer) == 1;
}

// The text goes into OpenSSL's own little extension syntax, in which a comma would begin another name.
bool is_dns_name(const std::string &host)
{
    return !host.empty() && host.size() <= 253 && host.front() != '.' &&
           std::all_of(host.begin(), host.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '.' || c == '*';
           });
}

Result<std::string> alternative_names(const Issue &issue, const Uuid &id)
{
    std::string names = "URI:" + std::string(kIdUri) + to_string(id) + ",URI:" + std::string(kRoleUri) +
                        std::string(to_string(issue.role));
    for (const auto &host : issue.hosts) {
        if (is_address(host))
            names += ",IP:" + host;
        else if (is_dns_name(host))
            names += ",DNS:" + host;
        else
            return Error{"host", "'" + host + "' is neither a DNS name nor an IP address", ""};
    }
    return names;
}

sys_seconds now_seconds()
{
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

struct Authority {
    std::string pem;
    CertificatePtr certificate;
    KeyPtr key;
};

Result<Authority> load_authority(const fs::path &directory)
{
    const auto certificate_file = (directory / "ca.pem").string();
    const auto key_file = (directory / "ca-key.pem").string();
    auto pem = read_text(certificate_file);
    if (!pem)
        return Error{certificate_file, pem.error().what, "make an authority with 'sonde ca init'"};
    auto certificates = certificates_from_pem(*pem, certificate_file);
    if (!certificates)
        return certificates.error();
    auto key_pem = read_text(key_file);
    if (!key_pem)
        return key_pem.error();
    auto key = key_from_pem(*key_pem, key_file);
    OPENSSL_cleanse(key_pem->data(), key_pem->size());
    if (!key)
        return key.error();
    if (X509_check_private_key(certificates->front().get(), key->get()) != 1)
        return openssl_error(key_file, "not the key of ca.pem beside it");
    return Authority{std::move(*pem), std::move(certificates->front()), std::move(*key)};
}

Result<CertificatePtr> sign_leaf(const Authority &authority, EVP_PKEY *key, const Issue &issue, const Uuid &id)
{
    auto names = alternative_names(issue, id);
    if (!names)
        return names.error();
    const auto until = issue.not_after.value_or(now_seconds() + issue.validity);
    // An hour back for clocks that lag behind ours; further for a certificate that is to be expired from the start.
    const auto from = std::min(now_seconds(), until) - std::chrono::hours{1};
    auto certificate = new_certificate(key, std::string(to_string(issue.role)) + " " + to_string(id), from, until);
    if (!certificate)
        return certificate;
    X509 *leaf = certificate->get();
    X509 *issuer = authority.certificate.get();
    // clientAuth for servers too: a collector may one day forward, a controller ask.
    const char *usage = is_server(issue.role) ? "serverAuth,clientAuth" : "clientAuth";
    const bool good = X509_set_issuer_name(leaf, X509_get_subject_name(issuer)) == 1 &&
                      add_extension(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                      add_extension(leaf, issuer, NID_key_usage, "critical,digitalSignature") &&
                      add_extension(leaf, issuer, NID_ext_key_usage, usage) &&
                      add_extension(leaf, issuer, NID_subject_key_identifier, "hash") &&
                      add_extension(leaf, issuer, NID_authority_key_identifier, "keyid:always") &&
                      add_extension(leaf, issuer, NID_subject_alt_name, *names) &&
                      X509_sign(leaf, authority.key.get(), EVP_sha256()) != 0;
    if (!good)
        return openssl_error("certificate", "cannot be signed");
    return certificate;
}

} // namespace

Result<void> create_authority(const fs::path &directory, std::chrono::days validity)
{
    const KeyPtr key(EVP_EC_gen("P-256"));
    if (!key)
        return openssl_error("key", "cannot be made");
    const auto from = now_seconds() - std::chrono::hours{1};
    auto certificate = new_certificate(key.get(), "authority " + to_string(random_uuid()), from, from + validity);
    if (!certificate)
        return certificate.error();
    X509 *root = certificate->get();
    const bool good = X509_set_issuer_name(root, X509_get_subject_name(root)) == 1 &&
                      add_extension(root, root, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                      add_extension(root, root, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                      add_extension(root, root, NID_subject_key_identifier, "hash") &&
                      X509_sign(root, key.get(), EVP_sha256()) != 0;
    if (!good)
        return openssl_error("certificate", "cannot be signed");
    if (auto made = make_directory(directory); !made)
        return made;
    NewFiles files;
    if (auto written = files.write(directory / "ca-key.pem", to_pem(key.get()), 0600); !written)
        return written;
    if (auto written = files.write(directory / "ca.pem", to_pem(root), 0644); !written)
        return written;
    files.keep();
    return {};
}

Result<Uuid> issue_identity(const fs::path &directory, const fs::path &out, const Issue &issue)
{
    auto authority = load_authority(directory);
    if (!authority)
        return authority.error();
    const KeyPtr key(EVP_EC_gen("P-256"));
    if (!key)
        return openssl_error("key", "cannot be made");
    const Uuid id = issue.id ? *issue.id : random_uuid();
    auto certificate = sign_leaf(*authority, key.get(), issue, id);
    if (!certificate)
        return certificate.error();
    if (auto made = make_directory(out); !made)
        return made.error();
    NewFiles files;
    if (auto written = files.write(out / "key.pem", to_pem(key.get()), 0600); !written)
        return written.error();
    if (auto written = files.write(out / "cert.pem", to_pem(certificate->get()), 0644); !written)
        return written.error();
    if (auto written = files.write(out / "ca.pem", authority->pem, 0644); !written)
        return written.error();
    files.keep();
    return id;
}

} // namespace sonde::channel
