#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

// Signatures of plugin files: Ed25519 (RFC 8032) over the one line
//
//     sonde-plugin sha256 HASH
//
// with a newline, where HASH is the file's SHA-256 in lower-case hex; kept in base64 in a file beside the plugin, named
// as it is with ".sig" appended. A public key is its 32 bytes in base64. Whoever has openssl can make and check them.
namespace sonde::plugin_host {

std::filesystem::path signature_file(const std::filesystem::path &plugin);

// Whether the file beside the plugin is a signature of that hash by one of these keys. An error says in a few words
// what is missing or wrong.
Result<void> check_signature(const std::filesystem::path &plugin, const std::string &hash,
                             const std::vector<std::string> &keys);

struct Signature {
    std::string text;   // base64
    std::string signer; // the public key
};

// Signs a hash with the private key in a PEM file (PKCS #8).
Result<Signature> sign(const std::string &hash, const std::filesystem::path &key);

} // namespace sonde::plugin_host
