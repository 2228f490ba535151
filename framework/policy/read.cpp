#include "policy/policy.hpp"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>

namespace sonde::policy {

namespace {

using Value = rapidjson::Value;

constexpr std::size_t kBytesMax = 1'048'576;
constexpr std::size_t kEntriesMax = 10'000;
constexpr std::uint64_t kConcurrencyMax = 1000;
constexpr std::size_t kKeyTextBytes = 44; // 32 bytes in base64

Error wrong(const std::string &where, const std::string &path, const std::string &what, const std::string &hint = "")
{
    return {where, path + ": " + what, hint};
}

// An object that holds nothing but these keys, and each once.
Result<void> check_keys(const Value &value, const std::string &where, const std::string &path,
                        std::initializer_list<const char *> known)
{
    if (!value.IsObject())
        return wrong(where, path.empty() ? "/" : path, "must be an object");
    std::vector<std::string> seen;
    for (const auto &member : value.GetObject()) {
        const std::string key(member.name.GetString(), member.name.GetStringLength());
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            std::string all;
            for (const char *name : known)
                all.append(all.empty() ? "" : ", ").append(name);
            return wrong(where, path + "/" + key.substr(0, 64), "unknown key", "known here: " + all);
        }
        if (std::find(seen.begin(), seen.end(), key) != seen.end())
            return wrong(where, std::string(path).append("/").append(key), "given twice");
        seen.push_back(key);
    }
    return {};
}

Result<std::uint64_t> read_number(const Value &root, const char *key, const std::string &where, std::uint64_t max)
{
    const auto member = root.FindMember(key);
    const std::string path = "/" + std::string(key);
    if (member == root.MemberEnd())
        return wrong(where, path, "missing", "there is no default");
    if (!member->value.IsUint64() || member->value.GetUint64() > max)
        return wrong(where, path, "must be a whole number from 0 to " + std::to_string(max));
    return member->value.GetUint64();
}

Result<std::vector<std::string>> read_texts(const Value &parent, const char *key, const std::string &where,
                                            const std::string &parent_path)
{
    const std::string path = parent_path + "/" + key;
    const auto member = parent.FindMember(key);
    if (member == parent.MemberEnd())
        return wrong(where, path, "missing", "there is no default");
    if (!member->value.IsArray() || member->value.Size() > kEntriesMax)
        return wrong(where, path, "must be a list of at most " + std::to_string(kEntriesMax) + " texts");
    std::vector<std::string> texts;
    for (const Value &value : member->value.GetArray()) {
        if (!value.IsString() || value.GetStringLength() == 0)
            return wrong(where, path + "/" + std::to_string(texts.size()), "must be a text");
        texts.emplace_back(value.GetString(), value.GetStringLength());
    }
    return texts;
}

Result<TargetList> read_targets(const Value &targets, const char *key, const std::string &where)
{
    const Result<std::vector<std::string>> texts = read_texts(targets, key, where, "/targets");
    if (!texts)
        return texts.error();
    TargetList list;
    for (std::size_t i = 0; i < texts->size(); ++i) {
        const Result<void> added = list.add((*texts)[i]);
        if (!added)
            return wrong(where, "/targets/" + std::string(key) + "/" + std::to_string(i), added.error().what,
                         added.error().hint);
    }
    return list;
}

Result<std::vector<std::string>> read_keys(const Value &plugins, const std::string &where)
{
    Result<std::vector<std::string>> keys = read_texts(plugins, "trusted-keys", where, "/plugins");
    for (std::size_t i = 0; keys && i < keys->size(); ++i) {
        const std::string &key = (*keys)[i];
        const bool base64 = std::all_of(key.begin(), key.end() - 1,
                                        [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '/'; });
        if (key.size() != kKeyTextBytes || !base64 || key.back() != '=')
            return wrong(where, "/plugins/trusted-keys/" + std::to_string(i), "is no public key of Ed25519",
                         "32 bytes in base64, as sonde sign prints them");
    }
    return keys;
}

Result<std::map<std::string, std::vector<std::string>>> read_privileges(const Value &privileges,
                                                                        const std::string &where)
{
    const std::string path = "/plugins/privileges";
    const Result<void> known = check_keys(privileges, where, path, {"icmp", "capture", "listen"});
    if (!known)
        return known.error();
    std::map<std::string, std::vector<std::string>> given;
    for (const auto &member : privileges.GetObject()) {
        Result<std::vector<std::string>> methods = read_texts(privileges, member.name.GetString(), where, path);
        if (!methods)
            return methods.error();
        given[member.name.GetString()] = std::move(*methods);
    }
    return given;
}

Result<PluginRules> read_plugins(const Value &plugins, const std::string &where)
{
    const Result<void> known = check_keys(plugins, where, "/plugins",
                                          {"allow", "untargeted", "require-signature", "trusted-keys", "privileges"});
    if (!known)
        return known.error();
    PluginRules rules;
    if (plugins.HasMember("allow")) {
        Result<std::vector<std::string>> methods = read_texts(plugins, "allow", where, "/plugins");
        if (!methods)
            return methods.error();
        rules.methods = std::move(*methods);
    }
    if (plugins.HasMember("untargeted")) {
        Result<std::vector<std::string>> untargeted = read_texts(plugins, "untargeted", where, "/plugins");
        if (!untargeted)
            return untargeted.error();
        rules.untargeted = std::move(*untargeted);
    }
    if (plugins.HasMember("trusted-keys")) {
        Result<std::vector<std::string>> keys = read_keys(plugins, where);
        if (!keys)
            return keys.error();
        rules.trusted_keys = std::move(*keys);
    }
    if (const auto privileges = plugins.FindMember("privileges"); privileges != plugins.MemberEnd()) {
        auto given = read_privileges(privileges->value, where);
        if (!given)
            return given.error();
        rules.privileges = std::move(*given);
    }
    if (const auto required = plugins.FindMember("require-signature"); required != plugins.MemberEnd()) {
        if (!required->value.IsBool())
            return wrong(where, "/plugins/require-signature", "must be true or false");
        rules.requires_signature = required->value.GetBool();
    }
    if (rules.requires_signature && rules.trusted_keys.empty())
        return wrong(where, "/plugins/trusted-keys", "missing", "with require-signature nothing else could be loaded");
    return rules;
}

} // namespace

Result<Policy> read_policy(std::string_view text, const std::string &where)
{
    if (text.size() > kBytesMax)
        return Error{where, "larger than " + std::to_string(kBytesMax) + " bytes", ""};
    rapidjson::Document root;
    // Iterative: nesting costs no stack.
    constexpr unsigned flags =
        rapidjson::kParseCommentsFlag | rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
    root.Parse<flags>(text.data(), text.size());
    if (root.HasParseError())
        return Error{where,
                     std::string("not JSON, at byte ") + std::to_string(root.GetErrorOffset()) + ": " +
                         rapidjson::GetParseError_En(root.GetParseError()),
                     ""};
    const Result<void> keys =
        check_keys(root, where, "", {"bytes-per-day", "concurrency", "targets", "plugins", "isolation"});
    if (!keys)
        return keys.error();

    Policy policy;
    const Result<std::uint64_t> bytes = read_number(root, "bytes-per-day", where, INT64_MAX);
    if (!bytes)
        return bytes.error();
    policy.bytes_per_day_ = *bytes;
    const Result<std::uint64_t> runs = read_number(root, "concurrency", where, kConcurrencyMax);
    if (!runs)
        return runs.error();
    policy.concurrency_ = static_cast<unsigned>(*runs);

    const auto targets = root.FindMember("targets");
    if (targets == root.MemberEnd())
        return wrong(where, "/targets", "missing", "there is no default");
    const Result<void> target_keys = check_keys(targets->value, where, "/targets", {"allow", "deny"});
    if (!target_keys)
        return target_keys.error();
    Result<TargetList> allow = read_targets(targets->value, "allow", where);
    if (!allow)
        return allow.error();
    policy.allow_ = std::move(*allow);
    if (targets->value.HasMember("deny")) {
        Result<TargetList> deny = read_targets(targets->value, "deny", where);
        if (!deny)
            return deny.error();
        policy.deny_ = std::move(*deny);
    }

    if (const auto plugins = root.FindMember("plugins"); plugins != root.MemberEnd()) {
        Result<PluginRules> rules = read_plugins(plugins->value, where);
        if (!rules)
            return rules.error();
        policy.plugins_ = std::move(*rules);
    }
    if (const auto isolation = root.FindMember("isolation"); isolation != root.MemberEnd()) {
        const Value &word = isolation->value;
        policy.strict_isolation_ = word == "strict";
        if (!policy.strict_isolation_ && word != "best")
            return wrong(where, "/isolation", "must be \"strict\" or \"best\"");
    }
    return policy;
}

} // namespace sonde::policy
