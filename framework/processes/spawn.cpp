#include "processes/spawn.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace sonde::processes {

namespace {

std::vector<char *> pointers(std::vector<std::string> &texts)
{
    std::vector<char *> all;
    for (std::string &text : texts)
        all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

// This process's, but for those that are there already: which of two a program takes is its own affair.
void add_environment(std::vector<std::string> &variables)
{
    const std::size_t given = variables.size();
    for (char **ours = environ; *ours != nullptr; ++ours) {
        const std::string variable = *ours;
        const std::string name = variable.substr(0, variable.find('=') + 1);
        if (std::none_of(variables.begin(), variables.begin() + static_cast<std::ptrdiff_t>(given),
                         [&](const std::string &each) { return each.starts_with(name); }))
            variables.push_back(variable);
    }
}

} // namespace

pid_t spawn(std::vector<std::string> command, std::span<const Handed> handed, std::vector<std::string> variables)
{
    add_environment(variables);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    for (const Handed &each : handed)
        posix_spawn_file_actions_adddup2(&actions, each.ours, each.theirs);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    ::sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, command[0].c_str(), &actions, &attributes, pointers(command).data(),
                                     pointers(variables).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 ? pid : -1;
}

} // namespace sonde::processes
