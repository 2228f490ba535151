#include "instruction_file.hpp"

#include "base/file.hpp"
#include "model/instruction_json.hpp"
#include "model/instruction_parts.hpp"
#include "model/limits.hpp"
#include "next_look.hpp"
#include "plugin_host/hash.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

namespace sonde::agent {

namespace {

namespace fs = std::filesystem;

constexpr const char *kForms = "an instruction is a file, or a folder of *.json and *.xml files";
constexpr std::uint32_t kChanges =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;

bool is_part(std::string_view name)
{
    return (name.ends_with(".json") || name.ends_with(".xml")) && !name.starts_with('.');
}

// The files that make up the instruction, in the order of their names.
Result<std::vector<fs::path>> files_of(const fs::path &path)
{
    std::error_code error;
    if (!fs::is_directory(path, error))
        return std::vector<fs::path>{path};
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error))
        if (is_part(entry->path().filename().string()))
            files.push_back(entry->path());
    if (error)
        return Error{path.string(), error.message(), ""};
    if (files.empty())
        return Error{path.string(), "has no *.json and no *.xml", kForms};
    std::sort(files.begin(), files.end());
    return files;
}

} // namespace

InstructionFile::InstructionFile(const asio::any_io_executor &executor, fs::path path, Self self,
                                 std::shared_ptr<Log> log, std::function<void(Accepted)> accept)
    : path_(std::move(path)), self_(self), log_(std::move(log)), accept_(std::move(accept)), events_(executor),
      timer_(executor)
{
}

model::Reading<Accepted> InstructionFile::read(const fs::path &path, const Self &self)
{
    model::Reading<Accepted> failed;
    const auto files = files_of(path);
    if (!files) {
        failed.errors.push_back(files.error());
        return failed;
    }
    std::vector<model::InstructionPart> parts;
    for (const fs::path &file : *files) {
        auto text = read_file(file, model::kInstructionBytesMax);
        if (!text) {
            failed.errors.emplace_back(text.error().where, text.error().what, kForms);
            return failed;
        }
        parts.push_back({file.string(), std::move(*text)});
    }
    auto reading = model::read_instruction_parts(parts);
    std::string text = reading ? model::write_instruction(*reading) : std::string();
    // As the next start will read it: parts together may be more than one document may hold.
    if (reading)
        if (auto again = model::read_instruction(text); !again) {
            failed.errors.emplace_back(path.string() + ", as a whole: " + again.errors.front().where,
                                       again.errors.front().what, again.errors.front().hint);
            return failed;
        }
    std::string hash = plugin_host::hash_text(text);
    return accept(std::move(reading), {std::move(text), std::move(hash), {}}, self);
}

asio::awaitable<void> InstructionFile::follow(std::optional<spool::StoredInstruction> in_force)
{
    if (in_force)
        in_force_ = plugin_host::hash_text(in_force->text);
    const int descriptor = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor >= 0)
        events_.assign(descriptor);
    else
        log_->warn("instruction is not watched, only looked at now and then reason={}", quoted(std::strerror(errno)));
    while (!stopped_) {
        // Before it is read: what changes meanwhile is noticed after it.
        std::error_code error;
        const fs::path folder = fs::is_directory(path_, error) ? path_ : path_.parent_path();
        if (events_.is_open())
            inotify_add_watch(events_.native_handle(), folder.c_str(), kChanges);
        look();
        co_await wait_for_change();
    }
}

void InstructionFile::look()
{
    auto accepted = read(path_, self_);
    if (!accepted) {
        const std::string why = model::to_lines(accepted.errors);
        if (std::exchange(refused_, why) != why)
            for (const Error &error : accepted.errors)
                log_->error("instruction refused from={} error={} hint={}", quoted(path_.string()),
                            quoted(to_string(error)), quoted("the one in force stays"));
        return;
    }
    refused_.clear();
    const std::string hash = accepted->stored.etag;
    if (std::exchange(in_force_, hash) == hash)
        return;
    for (const Error &warning : accepted.warnings)
        log_->warn("instruction warning={}", quoted(to_string(warning)));
    accept_(std::move(*accepted.value));
}

bool InstructionFile::concerns(std::string_view name) const
{
    std::error_code error;
    return name.empty() || (fs::is_directory(path_, error) ? is_part(name) : name == path_.filename().string());
}

// Whether one of those that have come concerns it.
bool InstructionFile::take_events()
{
    bool concerned = false;
    alignas(inotify_event) std::array<char, 4096> buffer{};
    ssize_t count = 0;
    while ((count = ::read(events_.native_handle(), buffer.data(), buffer.size())) > 0) {
        for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
            std::uint32_t length = 0;
            std::memcpy(&length, buffer.data() + at + offsetof(inotify_event, len), sizeof(length));
            const char *name = buffer.data() + at + sizeof(inotify_event);
            concerned = concerned || concerns(length == 0 ? std::string_view() : std::string_view(name));
            at += sizeof(inotify_event) + length;
        }
    }
    return concerned;
}

// Until something that concerns it has changed and then nothing has for kQuiet.
asio::awaitable<void> InstructionFile::wait_for_change()
{
    using Clock = std::chrono::steady_clock;
    // Without an event as well: a link that leads elsewhere, a file system that tells nothing.
    const auto latest = next_look(Clock::now());
    auto until = latest;
    while (!stopped_ && Clock::now() < until) {
        timer_.expires_at(until);
        if (!events_.is_open()) {
            co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
            continue;
        }
        timer_.async_wait([this](const boost::system::error_code &error) {
            if (!error)
                events_.cancel();
        });
        co_await events_.async_wait(asio::posix::descriptor_base::wait_read, asio::as_tuple(asio::use_awaitable));
        timer_.cancel();
        if (take_events())
            until = std::min(latest, Clock::now() + kQuiet);
    }
}

void InstructionFile::stop()
{
    stopped_ = true;
    timer_.cancel();
    boost::system::error_code ignored;
    events_.cancel(ignored);
}

} // namespace sonde::agent
