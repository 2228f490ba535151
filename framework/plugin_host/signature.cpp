#include "plugin_host/signature.hpp"

#include "frames/socket.hpp"
#include "model/cells.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <span>

#include <fcntl.h>
#include <unistd.h>

namespace sonde::plugin_host {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr const char *kMakeKey = "openssl genpkey -algorithm ed25519 -out KEY.pem makes one";

template <auto release>
struct Released {
    template <class T>
    void operator()(T *value) const
    {
        release(value);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Released<EVP_PKEY_free>>;
using Digesting = std::unique_ptr<EVP_MD_CTX, Released<EVP_MD_CTX_free>>;

std::string message_of(const std::string &hash)
{
    return "sonde-plugin sha256 " + hash + "\n";
}

const unsigned char *bytes(const std::string &text)
{
    return reinterpret_cast<const unsigned char *>(text.data());
}

// Nothing if it is not that many bytes in base64.
std::optional<std::string> from_base64(const std::string &text, std::size_t size)
{
    auto data = model::bytes_of(text);
    return data && data->size() == size ? std::move(data) : std::nullopt;
}

Result<std::string> read_signature(const std::filesystem::path &plugin)
{
    const std::filesystem::path file = signature_file(plugin);
    // Not blocking: whoever may write there may have put a FIFO.
    const frames::Descriptor opened(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!opened)
        return Error{"", "is not signed: there is no " + file.filename().string(), ""};
    std::array<char, 256> text{};
    const ssize_t size = ::read(opened.get(), text.data(), text.size());
    const std::string all(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    const auto decoded = from_base64(all.substr(0, all.find_last_not_of(" \r\n") + 1), kSignatureBytes);
    if (!decoded)
        return Error{"", file.filename().string() + " is no signature", ""};
    return {boost::system::in_place_value, *decoded};
}

bool verifies(const std::string &signature, const std::string &message, const std::string &key_text)
{
    const auto raw = from_base64(key_text, kKeyBytes);
    if (!raw)
        return false;
    const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(*raw), raw->size()));
    const Digesting digest(EVP_MD_CTX_new());
    return key && digest && EVP_DigestVerifyInit(digest.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(digest.get(), bytes(signature), signature.size(), bytes(message), message.size()) == 1;
}

} // namespace

std::filesystem::path signature_file(const std::filesystem::path &plugin)
{
    return plugin.string() + ".sig";
}

Result<void> check_signature(const std::filesystem::path &plugin, const std::string &hash,
                             const std::vector<std::string> &keys)
{
    const Result<std::string> signature = read_signature(plugin);
    if (!signature)
        return signature.error();
    const std::string message = message_of(hash);
    if (std::any_of(keys.begin(), keys.end(),
                    [&](const std::string &key) { return verifies(*signature, message, key); }))
        return {};
    return Error{"", "its signature is of another file, or by a key that is not trusted here", ""};
}

Result<Signature> sign(const std::string &hash, const std::filesystem::path &key_file)
{
    const std::unique_ptr<std::FILE, Released<std::fclose>> file(std::fopen(key_file.c_str(), "re"));
    if (!file)
        return Error{key_file.string(), std::strerror(errno), kMakeKey};
    const Key key(PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr));
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519)
        return Error{key_file.string(), "holds no private key of Ed25519", kMakeKey};
    std::array<unsigned char, kKeyBytes> public_key{};
    std::array<unsigned char, kSignatureBytes> signature{};
    std::size_t key_size = public_key.size(), size = signature.size();
    const std::string message = message_of(hash);
    const Digesting digest(EVP_MD_CTX_new());
    if (EVP_PKEY_get_raw_public_key(key.get(), public_key.data(), &key_size) != 1 || !digest ||
        EVP_DigestSignInit(digest.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
        EVP_DigestSign(digest.get(), signature.data(), &size, bytes(message), message.size()) != 1)
        return Error{key_file.string(), "signing failed", ""};
    return Signature{model::bytes_text(std::as_bytes(std::span(signature).first(size))),
                     model::bytes_text(std::as_bytes(std::span(public_key).first(key_size)))};
}

} // namespace sonde::plugin_host
