#include "content.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace sonde::agent {

std::string content_hash(std::string_view text)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("OpenSSL has no SHA-256");
    std::string hex;
    for (unsigned i = 0; i < size; ++i)
        hex.append({"0123456789abcdef"[digest[i] >> 4], "0123456789abcdef"[digest[i] & 15]});
    return hex;
}

} // namespace sonde::agent
