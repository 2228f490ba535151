#include "frames/socket.hpp"
#include "plugin_host/catalogue.hpp"

#include <openssl/evp.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace sonde::plugin_host {

Result<std::string> hash_file(const std::filesystem::path &file)
{
    const frames::Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!opened)
        return Error{file.string(), std::strerror(errno), ""};
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
    std::vector<std::byte> part(256 * 1024);
    ssize_t count = 0;
    while (good && ((count = read(opened.get(), part.data(), part.size())) > 0 || (count < 0 && errno == EINTR)))
        good = count < 0 || EVP_DigestUpdate(context.get(), part.data(), static_cast<std::size_t>(count)) == 1;
    if (count < 0)
        return Error{file.string(), std::strerror(errno), ""};
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (!good || EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1)
        return Error{file.string(), "SHA-256 failed", ""};
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += "0123456789abcdef"[digest[i] >> 4];
        text += "0123456789abcdef"[digest[i] & 15];
    }
    return {boost::system::in_place_value, std::move(text)};
}

} // namespace sonde::plugin_host
