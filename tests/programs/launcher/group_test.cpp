#include "programs/launcher/delegated_group.hpp"
#include "programs/launcher/monitor/group.hpp"

#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/skip.hpp"
#include "support/temp_dir.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace sonde;
using namespace sonde::test;

namespace {

std::string text_of(const std::filesystem::path &path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Files in an ordinary folder, in place of those that a kernel would make in a new group. They show which are written,
// and not that a kernel obeys them.
std::filesystem::path imitation(const TempDir &parent, const std::initializer_list<const char *> &files)
{
    const auto folder = parent.path() / "1-1";
    std::filesystem::create_directory(folder);
    for (const char *name : files)
        std::ofstream(folder / name).flush();
    return folder;
}

} // namespace

TEST_CASE("a group of version 2 is bounded by the files of that version (an imitation in a folder)")
{
    const TempDir parent;
    const auto folder =
        imitation(parent, {"cgroup.controllers", "cgroup.procs", "memory.max", "memory.swap.max", "pids.max"});
    const auto group = launcher::Group::make(parent.path(), "1-1");
    REQUIRE(group);
    CHECK(group->entrance() >= 0);
    CHECK(text_of(folder / "memory.max") == "1073741824");
    CHECK(text_of(folder / "memory.swap.max") == "0");
    CHECK(text_of(folder / "pids.max") == "1024");
}

TEST_CASE("a group of version 1 is bounded by the files of that version (an imitation in a folder)")
{
    const TempDir parent;
    const auto folder = imitation(parent, {"cgroup.procs", "memory.limit_in_bytes", "memory.swappiness"});
    REQUIRE(launcher::Group::make(parent.path(), "1-1"));
    CHECK(text_of(folder / "memory.limit_in_bytes") == "1073741824");
    CHECK(text_of(folder / "memory.swappiness") == "0");
}

TEST_CASE("a group without the memory controller is an error that says what is needed (an imitation in a folder)")
{
    const TempDir parent;
    imitation(parent, {"cgroup.controllers", "cgroup.procs"});
    const auto group = launcher::Group::make(parent.path(), "1-1");
    REQUIRE_FALSE(group);
    CHECK(group.error().hint == "--cgroup names a group with the memory controller");
}

TEST_CASE(
    "a delegated group of version 2 is left for one below, and hands on its controllers (an imitation in a folder)")
{
    const TempDir root;
    const auto unit = root.path() / "system.slice" / "sonde.service";
    std::filesystem::create_directories(unit / "launcher");
    for (const auto &file :
         {root.path() / "cgroup.controllers", unit / "launcher" / "cgroup.procs", unit / "cgroup.subtree_control"})
        std::ofstream(file).flush();
    std::istringstream groups("9:name=systemd:/other\n0::/system.slice/sonde.service\n");
    CHECK(launcher::delegated_group(groups, root.path()).value() == unit.string());
    CHECK(text_of(unit / "launcher" / "cgroup.procs") == "0");
    CHECK(text_of(unit / "cgroup.subtree_control") == "+pidsry"); // one word over the other, as a kernel takes them
}

TEST_CASE("a group that hands on no controllers has its process back (an imitation in a folder)")
{
    const TempDir root;
    const auto unit = root.path() / "unit";
    std::filesystem::create_directories(unit / "launcher");
    for (const auto &file :
         {root.path() / "cgroup.controllers", unit / "cgroup.procs", unit / "launcher" / "cgroup.procs"})
        std::ofstream(file).flush();
    std::istringstream groups("0::/unit\n");
    const auto found = launcher::delegated_group(groups, root.path());
    REQUIRE_FALSE(found);
    CHECK(found.error().what == unit.string() + ": No such file or directory");
    CHECK(text_of(unit / "cgroup.procs") == "0");
}

TEST_CASE("a group of version 1 is the memory controller's, and one that is not delegated says what is missing")
{
    const TempDir root;
    std::istringstream hybrid("4:cpu:/a\n3:pids,memory:/b\n0::/c\n");
    CHECK(launcher::delegated_group(hybrid, root.path()).value() == root.path().string() + "/memory/b");
    std::istringstream none("4:cpu:/a\n");
    CHECK(launcher::delegated_group(none, root.path()).error().what == "there is no memory controller here");
    std::ofstream(root.path() / "cgroup.controllers").flush();
    std::istringstream foreign("0::/nowhere\n");
    CHECK(launcher::delegated_group(foreign, root.path()).error().hint == "a unit wants Delegate=memory pids");
}

TEST_CASE("a group that still has a process is emptied and removed")
{
    const std::string name = "sonde-test-" + std::to_string(::getpid());
    for (const char *parent : {"/sys/fs/cgroup/memory", "/sys/fs/cgroup"}) {
        auto group = launcher::Group::make(parent, name);
        const auto path = std::filesystem::path(parent) / name;
        if (!group) {
            std::error_code ignored;
            std::filesystem::remove(path, ignored);
            continue;
        }
        const pid_t left = ::fork();
        if (left == 0) {
            // What is killed here stays a zombie, and is in no group any more.
            (void)!::write(group->entrance(), "0", 1);
            for (;;)
                ::pause();
        }
        for (int waited = 0; text_of(path / "cgroup.procs").empty() && waited < 1000; ++waited)
            ::poll(nullptr, 0, 10);
        {
            const launcher::Group gone = std::move(*group);
        }
        CHECK_FALSE(std::filesystem::exists(path));
        int status = 0;
        REQUIRE(::waitpid(left, &status, 0) == left);
        CHECK(WTERMSIG(status) == SIGKILL);
        return;
    }
    say_skipped("no control group for memory may be made here");
}
