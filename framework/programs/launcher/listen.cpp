#include "programs/launcher/listen.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sonde::launcher {

using frames::Descriptor;

namespace {

Error system_error(const std::string &where)
{
    return {where, std::strerror(errno), ""};
}

// Also the launcher that serves others and is slow. The front of one that was killed has the socket for a moment more.
bool answers(const sockaddr_un &address)
{
    constexpr int kTriesMax = 2;
    constexpr int kWaitMs = 1000;
    for (int tried = 0; tried < kTriesMax; ++tried) {
        const Descriptor probe(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
        if (::connect(probe.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
            return false;
        pollfd answer{probe.get(), POLLIN, 0};
        if (::poll(&answer, 1, kWaitMs) != 1 || (answer.revents & POLLHUP) == 0)
            return true;
    }
    return true;
}

} // namespace

Result<Descriptor> listen_at(const std::string &path, uid_t owner)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return Error{path, "the path is too long for a socket", ""};
    std::memcpy(address.sun_path, path.c_str(), path.size());
    const auto *name = reinterpret_cast<const sockaddr *>(&address);
    if (answers(address))
        return Error{path, "another launcher listens there", ""};
    // /run is empty after a boot.
    const std::filesystem::path parent = std::filesystem::absolute(path).parent_path();
    if (::mkdir(parent.c_str(), 0755) != 0 && errno != EEXIST)
        return system_error(parent.string());
    // A socket that nobody listens on is what a killed launcher leaves.
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode))
        ::unlink(path.c_str());
    Descriptor listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const mode_t mask = ::umask(0177);
    const bool bound = ::bind(listener.get(), name, sizeof address) == 0;
    ::umask(mask);
    if (!bound)
        return system_error(path);
    if (::geteuid() == 0 && ::lchown(path.c_str(), owner, static_cast<gid_t>(-1)) != 0)
        return system_error(path);
    if (::listen(listener.get(), 4) != 0)
        return system_error(path);
    return listener;
}

} // namespace sonde::launcher
