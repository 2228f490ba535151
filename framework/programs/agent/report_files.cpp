#include "report_files.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

namespace sonde::agent {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLater = "the results stay in the spool, and are tried again";

Error disk_error(const fs::path &path, int number)
{
    return {path.string(), std::strerror(number), std::string(kLater)};
}

std::uint64_t bytes_in(const fs::path &root)
{
    std::uint64_t bytes = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code gone;
        const std::uint64_t size = entry->is_regular_file(gone) ? entry->file_size(gone) : 0;
        bytes += gone ? 0 : size;
    }
    return bytes;
}

Result<void> write_durably(const fs::path &path, std::string_view body)
{
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0)
        return disk_error(path, errno);
    int failed = 0;
    while (!body.empty() && failed == 0) {
        const ssize_t count = ::write(file, body.data(), body.size());
        if (count >= 0)
            body.remove_prefix(static_cast<std::size_t>(count));
        else if (errno != EINTR)
            failed = errno;
    }
    if (failed == 0 && fsync(file) != 0)
        failed = errno;
    if (close(file) != 0 && failed == 0)
        failed = errno;
    return failed == 0 ? Result<void>() : disk_error(path, failed);
}

Result<void> sync_folder(const fs::path &path)
{
    const int folder = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return disk_error(path, errno);
    const int failed = fsync(folder) == 0 ? 0 : errno;
    close(folder);
    return failed == 0 ? Result<void>() : disk_error(path, failed);
}

} // namespace

asio::awaitable<Result<void>> ReportFiles::write(std::string folder, std::string file, std::string body)
{
    if (!disk_)
        disk_ = std::make_unique<asio::thread_pool>(1);
    auto work = [](const ReportFiles &self, std::string in, std::string name,
                   std::string text) -> asio::awaitable<Result<void>> { co_return self.write_now(in, name, text); };
    auto writing = work(*this, std::move(folder), std::move(file), std::move(body));
    auto written = co_await asio::co_spawn(*disk_, std::move(writing), asio::use_awaitable);
    co_return written;
}

Result<void> ReportFiles::write_now(const std::string &folder, const std::string &file, const std::string &body) const
{
    const std::uint64_t held = bytes_in(root_);
    if (held + body.size() > bytes_max_)
        return Error{root_.string(), "holds " + std::to_string(held) + " of " + std::to_string(bytes_max_) + " bytes",
                     "take reports away, or give --reports-mib more"};
    const fs::path directory = root_ / folder;
    std::error_code error;
    const bool is_new = fs::create_directories(directory, error);
    if (error)
        return disk_error(directory, error.value());
    if (is_new)
        if (auto synced = sync_folder(root_); !synced)
            return synced;
    const fs::path unfinished = directory / ("." + file);
    if (auto written = write_durably(unfinished, body); !written) {
        fs::remove(unfinished, error);
        return written;
    }
    fs::rename(unfinished, directory / file, error);
    if (error)
        return disk_error(directory / file, error.value());
    return sync_folder(directory);
}

} // namespace sonde::agent
