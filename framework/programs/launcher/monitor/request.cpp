#include "programs/launcher/monitor/request.hpp"

#include "frames/privileges.hpp"

#include <cerrno>

namespace sonde::launcher {

using frames::LauncherError;

std::optional<LauncherError> refusal(const frames::StartRunner &request)
{
    if (const std::uint32_t unknown = request.privileges & ~frames::kPrivileges; unknown != 0)
        return LauncherError{request.runner, EINVAL, "no such privilege: " + frames::privilege_text(unknown)};
    if (request.purpose == frames::Purpose::describe && request.privileges != 0)
        return LauncherError{request.runner, EPERM,
                             "a runner that only describes gets no privilege: " +
                                 frames::privilege_text(request.privileges)};
    return std::nullopt;
}

std::optional<LauncherError> refusal(const frames::OpenSockets &request, const frames::StartRunner &runner)
{
    if (runner.purpose == frames::Purpose::describe)
        return LauncherError{request.request, EPERM, "a runner that only describes gets no socket"};
    const std::uint32_t needed = frames::privilege_for(request.kind, request.listen_port.has_value());
    if (const std::uint32_t lacking = needed & ~runner.privileges; lacking != 0)
        return LauncherError{request.request, EPERM,
                             "the runner was started without the privilege " + frames::privilege_text(lacking)};
    return std::nullopt;
}

} // namespace sonde::launcher
