#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "channel/role.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace sonde::channel {

using sonde::to_string; // of ids and errors, which that of a role would hide

// Who a certificate speaks for. An agent's `id` is its MA-ID (RFC 7594), from the SAN URI `urn:uuid:<id>`.
struct PeerIdentity {
    Uuid id{};
    Role role{};
    std::string serial{};      // upper-case hexadecimal
    std::string fingerprint{}; // SHA-256 of the certificate, lower-case hexadecimal

    bool operator==(const PeerIdentity &) const = default;
};

// The parsed certificates and the private key; only this room looks inside.
struct Credentials;

// Our own certificate with its key, and the authority whose certificates we accept. Immutable, so one may be shared by
// any number of clients and servers.
struct Identity {
    PeerIdentity self;
    WallTime not_after;
    std::shared_ptr<const Credentials> credentials;
};

// Reads `ca.pem`, `cert.pem` and `key.pem` in `directory`. Refuses a missing or damaged file, a key that is not the
// certificate's, a certificate that is expired, not yet valid, not issued by ca.pem or without id and role. The error's
// `where` is the file.
Result<std::shared_ptr<const Identity>> load_identity(const std::filesystem::path &directory);

// The same, and refuses one of another role: nobody would accept it as that.
Result<std::shared_ptr<const Identity>> load_identity(const std::filesystem::path &directory, Role role);

} // namespace sonde::channel
