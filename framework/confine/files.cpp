#include "confine/files.hpp"

#include "frames/socket.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <linux/landlock.h>
#include <memory>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sonde::confine {

namespace {

using frames::Descriptor;

// What headers of Debian 12 lack; the kernel takes a shorter struct of an older program, and refuses a longer one only
// for what is not zero in it.
struct RulesetAttributes {
    std::uint64_t files = 0;
    std::uint64_t network = 0;
    std::uint64_t scoped = 0;
};
constexpr std::uint64_t kTruncate = 1U << 14;
constexpr std::uint64_t kDeviceRequest = 1U << 15;
constexpr std::uint64_t kAbstractSockets = 1U << 0;
constexpr std::uint64_t kSignals = 1U << 1;

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kExecute = LANDLOCK_ACCESS_FS_EXECUTE;
constexpr std::uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                                   LANDLOCK_ACCESS_FS_READ_FILE | kTruncate | kDeviceRequest;

constexpr const char *kLibraries[] = {"/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32",   "/lib",
                                      "/lib32",   "/lib64",     "/libx32",    "/usr/local/lib"};
constexpr const char *kLoader[] = {"/proc", "/etc/ld.so.cache", "/etc/ld.so.preload"};
constexpr const char *kState[] = {"/sys/class", "/sys/devices", "/dev/urandom", "/dev/random", "/dev/zero"};
constexpr const char *kSettings[] = {
    "/etc/resolv.conf",     "/etc/hosts",           "/etc/nsswitch.conf",   "/etc/host.conf",
    "/etc/gai.conf",        "/etc/services",        "/etc/protocols",       "/etc/ethers",
    "/etc/localtime",       "/etc/timezone",        "/etc/ld.so.conf",      "/etc/ld.so.conf.d",
    "/etc/ssl/certs",       "/etc/ssl/cert.pem",    "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs",
    "/etc/ca-certificates", "/etc/trusted-key.key", "/run/systemd/resolve",
};

int landlock_version()
{
    return static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

RulesetAttributes what_version_knows(int version)
{
    RulesetAttributes known;
    known.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
    if (version >= 2)
        known.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        known.files |= kTruncate;
    if (version >= 5)
        known.files |= kDeviceRequest;
    if (version >= 6)
        known.scoped = kAbstractSockets | kSignals;
    return known;
}

class Ruleset {
public:
    explicit Ruleset(const RulesetAttributes &known)
        : known_(known.files),
          ruleset_(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &known, sizeof known, 0)))
    {
    }

    void allow(int file, std::uint64_t access)
    {
        struct stat status {};
        if (file < 0 || ::fstat(file, &status) != 0)
            return;
        landlock_path_beneath_attr rule{};
        rule.parent_fd = file;
        rule.allowed_access = access & known_ & (S_ISDIR(status.st_mode) ? known_ : kOfFiles);
        const bool added = ::syscall(SYS_landlock_add_rule, ruleset_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
        // Of files in memory alone, such as a plugin's copy, there are no rules.
        good_ = good_ && (added || errno == EBADFD);
    }

    // What is not there needs no rule.
    void allow(const std::string &path, std::uint64_t access)
    {
        allow(Descriptor(::open(path.c_str(), O_PATH | O_CLOEXEC)).get(), access);
    }

    bool enforce() const { return ruleset_ && good_ && ::syscall(SYS_landlock_restrict_self, ruleset_.get(), 0) == 0; }

private:
    std::uint64_t known_;
    Descriptor ruleset_;
    bool good_ = true;
};

// Where a service of the system keeps the name servers' addresses, a link leads there from /etc. The file is replaced
// whenever they change, so the rule is for its folder; but not for all of /run or /tmp.
std::string folder_of_resolver()
{
    const std::unique_ptr<char, decltype(&::free)> real(::realpath("/etc/resolv.conf", nullptr), &::free);
    const std::string path = real ? real.get() : "/";
    const std::string folder = path.substr(0, path.rfind('/'));
    return folder.find('/', 1) == std::string::npos ? "" : folder;
}

void allow_data(Ruleset &rules, bool all_settings)
{
    rules.allow("/usr", kRead | kExecute);
    for (const char *path : kState)
        rules.allow(path, kRead);
    for (const char *path : kSettings)
        rules.allow(path, kRead);
    if (all_settings)
        rules.allow("/etc", kRead);
    if (const std::string folder = folder_of_resolver(); !folder.empty())
        rules.allow(folder, kRead);
}

} // namespace

bool restrict_files(const ReadableFiles &files)
{
    const int version = landlock_version();
    if (version < 1)
        return false;
    Ruleset rules(what_version_knows(version));
    for (const char *path : kLibraries)
        rules.allow(path, kRead | kExecute);
    for (const char *path : kLoader)
        rules.allow(path, kRead);
    if (files.system != ReadableFiles::System::libraries)
        allow_data(rules, files.system == ReadableFiles::System::all);
    for (const std::string &path : files.more)
        rules.allow(path, kRead);
    rules.allow("/dev/null", kRead | kWrite);
    rules.allow(files.plugin, kRead);
    rules.allow(files.runner, kRead | kExecute);
    return rules.enforce();
}

} // namespace sonde::confine
