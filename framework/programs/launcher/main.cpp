#include "base/log.hpp"
#include "programs/launcher/front_process.hpp"
#include "programs/launcher/listen.hpp"
#include "programs/launcher/monitor/monitor.hpp"
#include "programs/launcher/options.hpp"

#include <climits>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>

namespace {

using namespace sonde;

// A program's exit status.
Result<int> serve(const launcher::Arguments &arguments, Log &log)
{
    const launcher::Settings &settings = arguments.settings;
    Result<launcher::Monitor> monitor = launcher::Monitor::make(settings);
    if (!monitor)
        return monitor.error();
    launcher::Ends ends{frames::Descriptor(arguments.socket), {}};
    if (settings.is_daemon()) {
        Result<frames::Descriptor> listener = launcher::listen_at(settings.listen_path, settings.agent_user);
        if (!listener)
            return listener.error();
        ends.listener = std::move(*listener);
    }
    Result<launcher::FrontProcess> front = launcher::fork_front(settings, std::move(ends), log);
    const auto ended = front ? monitor->serve(front->pid, std::move(front->link)) : std::nullopt;
    if (settings.is_daemon())
        ::unlink(settings.listen_path.c_str());
    if (!front)
        return front.error();
    // That of one agent has nothing to do any more when that is gone.
    if (!ended || (*ended == 0 && !settings.is_daemon()))
        return 0;
    return Error{"the process that serves the agent", "has ended with the wait status " + std::to_string(*ended), ""};
}

} // namespace

int main(int argc, char **argv)
{
    const Result<launcher::Arguments> arguments = launcher::parse(argc, argv);
    if (!arguments) {
        if (!arguments.error().what.empty())
            std::fprintf(stderr, "error: %s\n", to_string(arguments.error()).c_str());
        std::fputs("Try `sonde-launcher --help`.\n", stderr);
        return 2;
    }
    const auto log = make_log("sonde-launcher", arguments->log);
    if (!log) {
        std::fprintf(stderr, "error: %s\n", to_string(log.error()).c_str());
        return 2;
    }
    // Whatever else was inherited is not for runners.
    ::close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    ::signal(SIGPIPE, SIG_IGN);
    const Result<int> status = serve(*arguments, **log);
    if (status)
        return *status;
    (*log)->error("launcher not serving error={}", quoted(to_string(status.error())));
    return 4;
}
