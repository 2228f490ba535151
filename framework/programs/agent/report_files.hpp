#pragma once

#include "base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace sonde::agent {

namespace asio = boost::asio;

// Reports as files: what a collector would be sent, a document (RFC 8194) a file, in folders below one that the line's
// owner gave. One thread calls; the disk is waited for on another one.
class ReportFiles {
public:
    // They take at most `bytes_max` together.
    ReportFiles(std::filesystem::path root, std::uint64_t bytes_max) : root_(std::move(root)), bytes_max_(bytes_max) {}

    // Durable when it returns; a file of that name is replaced, and is never seen half written. An Error where the disk
    // fails or holds too much: the report may be written later.
    asio::awaitable<Result<void>> write(std::string folder, std::string file, std::string body);

private:
    Result<void> write_now(const std::string &folder, const std::string &file, const std::string &body) const;

    std::filesystem::path root_;
    std::uint64_t bytes_max_;
    std::unique_ptr<asio::thread_pool> disk_; // from the first report on
};

} // namespace sonde::agent
