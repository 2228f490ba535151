#pragma once

#include "channel/identity.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sonde::channel {

// The organisation's certificate authority is a folder with `ca.pem` and `ca-key.pem` (mode 0600). Keys are P-256.

// Makes a new authority in `directory` (created if missing). Never overwrites one.
Result<void> create_authority(const std::filesystem::path &directory,
                              std::chrono::days validity = std::chrono::days{3650});

// What `issue_identity` puts into a certificate.
struct Issue {
    Role role{};
    std::optional<Uuid> id{};         // a random one where absent
    std::vector<std::string> hosts{}; // DNS names and IP addresses by which clients reach a server
    std::chrono::days validity{825};
    // Instead of `validity`, and may lie in the past: how tests get expired certificates.
    std::optional<std::chrono::sys_seconds> not_after{};
};

// Issues a certificate with a new key and writes the identity (ca.pem, cert.pem, key.pem of mode 0600) into `out`
// (created if missing). Never overwrites a file; leaves nothing behind when it fails. Returns the certificate's id.
Result<Uuid> issue_identity(const std::filesystem::path &authority, const std::filesystem::path &out,
                            const Issue &issue);

} // namespace sonde::channel
