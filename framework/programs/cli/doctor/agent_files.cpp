#include "programs/cli/doctor/agent_files.hpp"

#include "base/file.hpp"
#include "policy/policy.hpp"

#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

namespace sonde::cli {

namespace {

constexpr std::size_t kPolicyBytesMax = 1024 * 1024;
constexpr const char *kAskAsOther = "run it as root, or as the agent's user";

std::string denied()
{
    return std::strerror(EACCES);
}

// "" if it is a folder.
std::string why_no_folder(const std::filesystem::path &folder, struct stat &status)
{
    if (::stat(folder.c_str(), &status) != 0)
        return std::strerror(errno);
    return S_ISDIR(status.st_mode) ? "" : "is no folder";
}

// As the launcher judges the folders above a plugin.
std::string who_could_exchange(const std::filesystem::path &folder, uid_t launcher)
{
    std::error_code error;
    bool own = true;
    for (std::filesystem::path each = std::filesystem::canonical(folder, error); !error; each = each.parent_path()) {
        struct stat status {};
        if (const std::string why = why_no_folder(each, status); !why.empty())
            return each.string() + ": " + why;
        if (status.st_uid != 0 && status.st_uid != launcher)
            return each.string() + " belongs to user " + std::to_string(status.st_uid) + ", and the launcher is " +
                   (launcher == 0 ? "root" : "user " + std::to_string(launcher));
        const bool sticky = (status.st_mode & S_ISVTX) != 0 && !own;
        if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky)
            return each.string() + " may be written by " +
                   ((status.st_mode & S_IWOTH) != 0 ? "everybody" : "its group");
        own = false;
        if (each == each.root_path())
            return "";
    }
    return error.message();
}

} // namespace

Finding find_state(const std::filesystem::path &folder, std::optional<uid_t> agent)
{
    struct stat status {};
    std::string why = why_no_folder(folder, status);
    if (why == denied())
        return closed("state", folder.string(), "whether an agent may keep something there is not known", kAskAsOther);
    if (why.empty() && agent && status.st_uid != *agent)
        why =
            "it belongs to user " + std::to_string(status.st_uid) + ", and the agent is user " + std::to_string(*agent);
    if (why.empty() && (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        why = std::string((status.st_mode & S_IWOTH) != 0 ? "everybody" : "its group") + " may write there";
    if (why.empty() && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return {
            "state", Finding::State::warning,
            folder.string() + ": " + ((status.st_mode & S_IRWXO) != 0 ? "everybody" : "its group") + " may enter it",
            "others than the agent could read what was measured and not reported yet", "chmod 700 " + folder.string()};
    const std::string mend = "install -d -m 700 -o sonde " + folder.string() + ", or --state DIR";
    return finding("state", folder.string() + ", of user " + std::to_string(status.st_uid),
                   why.empty() ? "" : folder.string() + ": " + why, "an agent keeps nothing, or not for itself", mend);
}

Finding find_plugins(const std::filesystem::path &folder, uid_t launcher)
{
    struct stat status {};
    const std::string missing = why_no_folder(folder, status);
    if (missing == denied())
        return closed("plugins", folder.string(), "what is loaded from there is not known", kAskAsOther);
    const std::string why = missing.empty() ? who_could_exchange(folder, launcher) : folder.string() + ": " + missing;
    return finding("plugins", folder.string(), why, "the launcher's daemon loads nothing from it",
                   missing.empty() ? "chown root, chmod go-w" : "mkdir -p " + folder.string() + ", or --plugins DIR");
}

Finding find_policy(const std::filesystem::path &file)
{
    const Result<std::string> text = read_file(file, kPolicyBytesMax);
    if (!text && text.error().what == denied())
        return closed("policy", file.string(), "what it allows is not known", kAskAsOther);
    const auto policy = text ? policy::read_policy(*text, file.string()) : Result<policy::Policy>(text.error());
    const bool strict = policy && policy->strict_isolation();
    return finding("policy", file.string() + (strict ? ", isolation is strict" : ""),
                   policy ? "" : to_string(policy.error()), "an agent measures nothing",
                   "write one (docs/owner.md), or --policy FILE");
}

} // namespace sonde::cli
