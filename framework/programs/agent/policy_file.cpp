#include "policy_file.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "frames/privileges.hpp"
#include "plugin_host/signature.hpp"

#include <chrono>

namespace sonde::agent {

namespace {

constexpr std::size_t kPolicyBytesMax = 1024 * 1024;
// No file system tells times that are farther apart as the same.
constexpr std::chrono::seconds kCoarsest{3};

bool is_settled(const plugin_host::FileState &state, WallTime now)
{
    const auto changed = std::chrono::seconds(state.changed.tv_sec) + std::chrono::nanoseconds(state.changed.tv_nsec);
    return now.time_since_epoch() - changed > kCoarsest;
}

} // namespace

const policy::Policy &PolicyFile::current()
{
    const auto state = plugin_host::file_state(file_);
    if (loaded_ && state && state == read_)
        return policy_;
    auto text = read_file(file_, kPolicyBytesMax);
    read_ = text && state && is_settled(*state, now().wall) ? state : std::nullopt;
    if (!text)
        text = Error{text.error().where, "the policy cannot be read: " + text.error().what,
                     "nothing is measured without one"};
    if (loaded_ && text && *text == text_)
        return policy_;
    Result<policy::Policy> read =
        text ? policy::read_policy(*text, file_.string()) : Result<policy::Policy>(text.error());
    const std::string reason = read ? "" : to_string(read.error());
    if (!loaded_ || reason != reason_) {
        if (read)
            log_->info("policy in force file={}", quoted(file_.string()));
        else
            log_->error("policy refuses everything reason={}", quoted(reason));
    }
    text_ = text ? *text : "";
    loaded_ = text.has_value();
    reason_ = reason;
    // What is wrong with it may quote it, and is for the owner alone.
    policy_ =
        read
            ? *read
            : policy::Policy::deny_all(file_.filename().string() + (text ? " is wrong, as the agent's log says"
                                                                         : " cannot be read, as the agent's log says"));
    return policy_;
}

const std::optional<policy::Policy> &PolicyFile::rules()
{
    const policy::Policy &policy = current();
    if (!policy.denies_all())
        rules_ = policy;
    return rules_;
}

std::uint32_t PolicyFile::granted(const frames::MethodDescription &method)
{
    if (method.privileges == 0)
        return 0;
    const std::optional<policy::Policy> &rules = this->rules();
    std::uint32_t granted = 0;
    for (std::uint32_t bit = 1; rules && bit != 0 && bit <= frames::kPrivileges; bit <<= 1)
        if ((method.privileges & bit) != 0 && rules->grants(method.id, frames::privilege_text(bit)))
            granted |= bit;
    return granted;
}

bool PolicyFile::strict_isolation()
{
    const std::optional<policy::Policy> &rules = this->rules();
    return !rules || rules->strict_isolation();
}

Result<void> PolicyFile::admit(const std::filesystem::path &file, const std::string &hash)
{
    const std::optional<policy::Policy> &rules = this->rules();
    if (!rules)
        return Error{"", "is not loaded: the local policy refuses everything", ""};
    return rules->requires_signature() ? plugin_host::check_signature(file, hash, rules->trusted_keys())
                                       : Result<void>();
}

} // namespace sonde::agent
