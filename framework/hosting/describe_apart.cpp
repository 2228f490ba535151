#include "hosting/child.hpp"
#include "hosting/describe.hpp"
#include "hosting/elf.hpp"
#include "hosting/library.hpp"

#include "frames/messages.hpp"
#include "frames/socket.hpp"
#include "frames/start.hpp"
#include "frames/text.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sonde::hosting {

namespace {

using namespace std::chrono_literals;
using frames::Descriptor;

constexpr auto kTimeMax = 5s;
constexpr int kPipe = 3;
constexpr std::byte kLoaded{'L'}; // the child's first byte: the file is mapped, now comes the description

void write_all(std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(kPipe, bytes.data(), bytes.size());
        if (written <= 0)
            ::_exit(1);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

Result<frames::Description> load_and_describe(const std::string &path)
{
    const Result<Library> library = Library::load(path);
    if (!library)
        return library.error();
    const bool cold = count_threads() > 1;
    write_all(std::span(&kLoaded, 1));
    Result<frames::Description> description = describe(library->plugin());
    if (description)
        description->cold = cold;
    return description;
}

[[noreturn]] void try_out(const std::string &path)
{
    const Result<frames::Description> description = load_and_describe(path);
    Result<frames::Frame> frame = Error{};
    if (description)
        frame = frames::encode(frames::RunnerToAgent(*description));
    if (!frame) {
        const Error &error = description ? frame.error() : description.error();
        const std::string text = frames::readable(to_string(error), frames::kTextBytesMax);
        frame = frames::encode(frames::RunnerToAgent(frames::DescribeFailed{text, false}));
    }
    write_all(*frame);
    ::_exit(0);
}

// What the child wrote until it closed the pipe, or until the time was over (false).
bool read_until_end(int pipe, frames::Frame &bytes)
{
    const auto deadline = std::chrono::steady_clock::now() + kTimeMax;
    bytes.resize(frames::kDescriptionBytesMax + frames::kTextBytesMax);
    std::size_t used = 0;
    while (used < bytes.size()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        pollfd wait{pipe, POLLIN, 0};
        if (left <= 0)
            return false;
        if (::poll(&wait, 1, static_cast<int>(left)) <= 0)
            continue;
        const ssize_t size = ::read(pipe, bytes.data() + used, bytes.size() - used);
        if (size <= 0)
            break;
        used += static_cast<std::size_t>(size);
    }
    bytes.resize(used);
    return true;
}

std::string ending(int status)
{
    if (WIFSIGNALED(status))
        return "crashed: " + frames::signal_name(WTERMSIG(status));
    return "ended its process with status " + std::to_string(WEXITSTATUS(status));
}

} // namespace

Result<frames::Description> describe_apart(const std::string &path, bool *died)
{
    bool nobody_asks = false;
    bool &has_died = died != nullptr ? *died : nobody_asks;
    has_died = false;
    if (const Result<void> checked = check_plugin_file(path); !checked)
        return checked.error();
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return Error{"pipe", std::strerror(errno), ""};
    Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0)
        return Error{"fork", std::strerror(errno), ""};
    if (child == 0) {
        // As many as are in use: the plugin's own stays at its number, by which its path names it.
        const int kept[] = {writing.get(), frames::kPluginDescriptor};
        static_assert(frames::kPluginDescriptor == kPipe + 1);
        become_child(parent, std::span(kept).first(path == frames::kPluginDescriptorPath ? 2 : 1));
        try_out(path);
    }
    writing.reset();
    frames::Frame bytes;
    const bool ended = read_until_end(reading.get(), bytes);
    if (!ended)
        ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    const bool loaded = !bytes.empty() && bytes[0] == kLoaded;
    const std::string stage = loaded ? "the description " : "loading ";
    has_died = !ended || !WIFEXITED(status) || WEXITSTATUS(status) != 0 || bytes.size() <= 1;
    if (!ended)
        return Error{"", stage + "takes more than five seconds", ""};
    if (has_died)
        return Error{"", stage + ending(status), ""};
    const auto answer = frames::decode<frames::RunnerToAgent>(std::span(bytes).subspan(loaded ? 1 : 0));
    if (!answer)
        return answer.error();
    if (const auto *failed = std::get_if<frames::DescribeFailed>(&*answer))
        return Error{"", failed->text, ""};
    if (const auto *description = std::get_if<frames::Description>(&*answer))
        return *description;
    return Error{"", stage + "sent something else", ""};
}

} // namespace sonde::hosting
