#include "plugin_host/hash.hpp"

#include "frames/socket.hpp"

#include <openssl/evp.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

namespace sonde::plugin_host {

namespace {

using Digest = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string to_hex(const Digest &digest, unsigned size)
{
    std::string text;
    for (unsigned i = 0; i < size; ++i)
        text.append({"0123456789abcdef"[digest[i] >> 4], "0123456789abcdef"[digest[i] & 15]});
    return text;
}

} // namespace

std::string hash_text(std::string_view text)
{
    Digest digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("OpenSSL has no SHA-256");
    return to_hex(digest, size);
}

Result<std::string> hash_file(const std::filesystem::path &file)
{
    const frames::Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    Result<std::string> hash = opened ? hash_descriptor(opened.get()) : Error{"", std::strerror(errno), ""};
    if (!hash)
        return Error{file.string(), hash.error().what, ""};
    return hash;
}

Result<std::string> hash_descriptor(int file)
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
    std::vector<std::byte> part(64 * 1024);
    off_t at = 0;
    ssize_t count = 0;
    while (good && ((count = pread(file, part.data(), part.size(), at)) > 0 || (count < 0 && errno == EINTR))) {
        good = count < 0 || EVP_DigestUpdate(context.get(), part.data(), static_cast<std::size_t>(count)) == 1;
        at += std::max<ssize_t>(count, 0);
    }
    if (count < 0)
        return Error{"", std::strerror(errno), ""};
    Digest digest{};
    unsigned size = 0;
    if (!good || EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1)
        return Error{"", "SHA-256 failed", ""};
    return {boost::system::in_place_value, to_hex(digest, size)};
}

} // namespace sonde::plugin_host
