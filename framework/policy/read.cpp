#include "policy/policy.hpp"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <initializer_list>

namespace sonde::policy {

namespace {

using Value = rapidjson::Value;

constexpr std::size_t kBytesMax = 1'048'576;
constexpr std::size_t kEntriesMax = 10'000;
constexpr std::uint64_t kConcurrencyMax = 1000;

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
    const Result<void> keys = check_keys(root, where, "", {"bytes-per-day", "concurrency", "targets", "plugins"});
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

    const auto plugins = root.FindMember("plugins");
    if (plugins != root.MemberEnd()) {
        const Result<void> plugin_keys = check_keys(plugins->value, where, "/plugins", {"allow", "untargeted"});
        if (!plugin_keys)
            return plugin_keys.error();
        Result<std::vector<std::string>> methods = read_texts(plugins->value, "allow", where, "/plugins");
        if (!methods)
            return methods.error();
        policy.methods_ = std::move(*methods);
        if (plugins->value.HasMember("untargeted")) {
            Result<std::vector<std::string>> untargeted = read_texts(plugins->value, "untargeted", where, "/plugins");
            if (!untargeted)
                return untargeted.error();
            policy.untargeted_ = std::move(*untargeted);
        }
    }
    return policy;
}

} // namespace sonde::policy
