#include "programs/checker/command.hpp"

#include "frames/socket.hpp"
#include "processes/drain.hpp"
#include "processes/spawn.hpp"

#include <csignal>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::checker {

CommandEnd run_command(const std::vector<std::string> &command, const std::vector<std::string> &variables,
                       std::chrono::milliseconds limit)
{
    CommandEnd end;
    processes::Drain output;
    const processes::Handed handed[] = {{output.writing(), STDOUT_FILENO}, {output.writing(), STDERR_FILENO}};
    const pid_t pid = processes::spawn(command, handed, variables);
    output.close_writing();
    if (pid < 0)
        return end;
    end.started = true;
    const frames::Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        end.in_time = left > 0;
        if (!end.in_time)
            break;
        pollfd waits[] = {{output.reading(), POLLIN, 0}, {process.get(), POLLIN, 0}};
        ::poll(waits, 2, static_cast<int>(left));
        if (waits[0].revents != 0)
            output.read();
        if (waits[1].revents != 0)
            break;
    }
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, &end.wait_status, 0);
    output.read();
    end.output = output.text();
    return end;
}

} // namespace sonde::checker
