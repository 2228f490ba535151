#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "policy/limit.hpp"
#include "policy/target.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The limits that the owner of the line sets, which no Controller can change. Pure logic: what is asked goes in,
// allowed or the reason why not comes out.
namespace sonde::policy {

// An address behind a host name that is a target.
struct NamedAddress {
    std::string name;
    Address address;
    std::uint32_t scope = 0; // of a link-local one that is known with it: the interface
};

// One action of one run, before it starts.
struct Request {
    std::string method;
    bool active = false;                   // sends measurement traffic
    std::vector<std::string> privileges{}; // that it declares: "icmp", "capture", "listen"
    // Everything the method will send to: host names, addresses, either with a port, or URLs. A method that sends
    // nothing has none.
    std::vector<std::string> targets;
    std::vector<NamedAddress> addresses; // of the names among them
    // The most this run can send and receive; absent if the method declares no bound: then it may begin while anything
    // is left of today.
    std::optional<std::uint64_t> declared_bytes;
    std::uint64_t used_bytes = 0; // today, by all measurements
    // What the other runs at this moment may still use, as far as they have declared it.
    std::uint64_t promised_bytes = 0;
    std::vector<ByteLimit> limits{}; // that hold beside the owner's
    unsigned running = 0;            // other runs at this moment
    WallTime now{};
};

struct Verdict {
    bool allowed = false;
    // Why not, with the numbers: what is there, what is needed. For everybody to read: it names what the request named,
    // and rules by their place in the owner's file, neither what they say nor an address that was looked up.
    std::string reason;
    std::optional<Address> address{}; // that was looked up, if it is why not; for the owner alone

    explicit operator bool() const { return allowed; }
};

// What may be loaded and run.
struct PluginRules {
    std::vector<std::string> methods{"*"};
    std::vector<std::string> untargeted{};
    bool requires_signature = false;
    std::vector<std::string> trusted_keys{};
    // The methods that get each privilege; absent: each gets what it declares.
    std::optional<std::map<std::string, std::vector<std::string>>> privileges{};
};

class Policy {
public:
    // A policy that refuses everything for this reason, which is for everybody to read: what an agent has when its file
    // is missing, unreadable or wrong.
    static Policy deny_all(std::string reason);

    Verdict judge(const Request &request) const;
    // One target alone, not against the limits.
    Verdict judge_target(std::string_view target) const;
    // An address of an allowed name: it must not be denied, and one of a local network (see local_network) must be in
    // an allowed range. Whoever runs the name's zone can point it anywhere, and a name that is allowed because it is
    // somewhere on the Internet must not open the home network.
    Verdict judge_address(const NamedAddress &target) const;

    bool denies_all() const { return denied_.has_value(); }
    // Whatever a run declares, the caller stops it when all runs of a day (of UTC) have used that.
    std::uint64_t bytes_per_day() const { return bytes_per_day_; }
    // The same, with what is used of it today.
    ByteLimit day(std::uint64_t used, WallTime now) const;
    unsigned concurrency() const { return concurrency_; }
    // Whether a method that declares a privilege gets it.
    bool grants(const std::string &method, const std::string &privilege) const;
    // Whether no plugin is loaded where a layer of its confinement is missing.
    bool strict_isolation() const { return strict_isolation_; }
    // Whether a plugin must be signed by one of the trusted keys, each 32 bytes in base64.
    bool requires_signature() const { return plugins_.requires_signature; }
    const std::vector<std::string> &trusted_keys() const { return plugins_.trusted_keys; }

private:
    friend Result<Policy> read_policy(std::string_view text, const std::string &where);
    Policy() = default;

    std::optional<std::string> denied_;
    std::uint64_t bytes_per_day_ = 0;
    unsigned concurrency_ = 0;
    TargetList allow_;
    TargetList deny_;
    PluginRules plugins_;
    bool strict_isolation_ = false;
};

// Reads a policy: JSON in which comments (// and /* */) are allowed; examples/policy.json shows all of it.
//
//     "bytes-per-day"   bytes sent and received by measurements, in a day of UTC
//     "concurrency"     runs at the same time
//     "targets"         {"allow": [...], "deny": [...]}: addresses, CIDR ranges, and globs of host names (`*` matches
//                       any characters, dots too); deny wins; "deny" may be left out
//     "plugins"         {"allow": [...], "untargeted": [...]}: globs of method names; "allow" may be left out: all.
//                       "untargeted" are those that may send although they name no target that could be judged; may be
//                       left out: none. "require-signature" (true or false; false if left out): a plugin that is not
//                       signed by one of the "trusted-keys", which are public keys of Ed25519 in base64, is not loaded.
//                       "privileges": {"icmp": [...], "capture": [...], "listen": [...]}: globs of the methods that get
//                       each; one that is left out is given to none; all may be left out: what a method declares
//     "isolation"       "strict": no plugin is loaded where a layer of its confinement is missing; "best" if left out
//
// Anything unknown, out of range or missing that may not be left out is an error, with its path in `what`; what a line
// may be used for, bytes, runs and targets, has no default.
Result<Policy> read_policy(std::string_view text, const std::string &where);

} // namespace sonde::policy
