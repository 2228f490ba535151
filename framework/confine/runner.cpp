#include "confine/runner.hpp"

#include "frames/start.hpp"
#include "frames/text.hpp"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sonde::confine {

namespace {

using frames::LauncherError;

// Leaves stdin (/dev/null), stdout and stderr, the control socket and the plugin; the rest closes at exec.
void keep_descriptors(const Child &child, int control, int plugin, int output)
{
    child.require(output < 0 || ::dup2(output, STDERR_FILENO) == STDERR_FILENO, "stderr");
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    child.require(null >= 0 && ::dup2(null, STDIN_FILENO) == STDIN_FILENO, "/dev/null");
    child.require(::dup2(STDERR_FILENO, STDOUT_FILENO) == STDOUT_FILENO, "stdout");
    child.require(::dup2(control, frames::kControlDescriptor) >= 0, "control socket");
    child.require(::dup2(plugin, frames::kPluginDescriptor) >= 0, "plugin");
    child.require(::close_range(frames::kPluginDescriptor + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0, "close_range");
}

void drop_privileges(const Child &child, uid_t uid)
{
    // A launcher without root may have been given capabilities that would outlive exec, and no_new_privs.
    child.require(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0, "PR_CAP_AMBIENT");
    errno = EPERM;
    child.layer(uid != 0, "user");
    if (uid != 0) {
        for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
            child.require(::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0, "PR_CAPBSET_DROP");
        child.require(::setgroups(0, nullptr) == 0, "setgroups");
        child.require(::setresgid(uid, uid, uid) == 0, "setresgid");
        child.require(::setresuid(uid, uid, uid) == 0, "setresuid");
    }
    child.require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
}

void enter_group(const Child &child, int group)
{
    errno = ENOENT;
    child.layer(group >= 0 && ::write(group, "0", 1) == 1, kGroupLayer);
}

// `kept`: as start_runner() hands them to spawn().
void become_runner(const Child &child, const frames::StartRunner &request, const Makings &makings,
                   const Confinement &confinement, bool apart, const std::vector<int> &kept)
{
    const bool own_user = makings.uid != 0;
    const int runner = kept[2];
    enter_group(child, kept[3]);
    ::setsid();
    keep_descriptors(child, kept[0], kept[1], kept[4]);
    if (apart)
        Confinement::arrange_mounts(child, request.purpose);
    Confinement::set_limits(child, own_user);
    child.require(::chdir("/") == 0, "chdir");
    ::umask(022);
    drop_privileges(child, makings.uid);
    // Changing the user clears this one, so it comes after that.
    child.require(::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "PR_SET_PDEATHSIG");
    child.require_launcher();
    reset_signals();
    confinement.restrict_files(child, request, frames::kPluginDescriptor, runner, own_user);
    const bool by_path = makings.by_path && ::access(request.plugin.c_str(), R_OK) == 0;
    std::string path = by_path ? request.plugin : frames::kPluginDescriptorPath;
    if (by_path)
        ::close(frames::kPluginDescriptor);
    std::string name = "sonde-runner";
    // An agent has had it described before it lets it run.
    std::string described = "--described";
    const bool runs = request.purpose == frames::Purpose::run;
    char *const arguments[] = {name.data(), runs ? described.data() : path.data(), runs ? path.data() : nullptr,
                               nullptr};
    std::string search = "PATH=/usr/bin:/bin";
    std::string locale = "LC_ALL=C";
    char *const environment[] = {search.data(), locale.data(), nullptr};
    confinement.restrict_system_calls(child, request.purpose);
    ::execveat(runner, "", arguments, environment, AT_EMPTY_PATH);
    child.require(false, "exec");
}

} // namespace

std::variant<Spawned, LauncherError> start_runner(const frames::StartRunner &request, const Makings &makings,
                                                  const Confinement &confinement)
{
    const auto start = [&](std::uint64_t namespaces) {
        return spawn(namespaces, request.strict, {makings.plugin, makings.runner, makings.group, makings.output},
                     [&](const Child &child, const std::vector<int> &kept) {
                         become_runner(child, request, makings, confinement, namespaces != 0, kept);
                     });
    };
    auto outcome = start(Confinement::namespaces(request.purpose));
    const auto *failed = std::get_if<NotSpawned>(&outcome);
    if (failed != nullptr && failed->step == kNamespaces && !request.strict) {
        const Missing missing{kNamespaces, failed->error};
        outcome = start(0);
        if (auto *spawned = std::get_if<Spawned>(&outcome))
            spawned->missing.push_back(missing);
        failed = std::get_if<NotSpawned>(&outcome);
    }
    if (failed != nullptr)
        return LauncherError{
            request.runner, failed->error,
            frames::readable(failed->step + ": " + std::strerror(failed->error), frames::kTextBytesMax)};
    return std::move(std::get<Spawned>(outcome));
}

} // namespace sonde::confine
