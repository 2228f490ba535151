#pragma once

#include "base/log.hpp"
#include "frames/socket.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace sonde::plugin_host {

// What the processes of a plugin print, for whoever wants all of it, or as lines of the log: kLinesAtOnce of them, and
// a further one each second; a longer line counts as several. What is more is dropped, which is said once; what is not
// read meanwhile the kernel drops, so that no writer waits for this.
class Output : public std::enable_shared_from_this<Output> {
public:
    static constexpr unsigned kLinesAtOnce = 50;
    static constexpr std::size_t kLineBytesMax = 500;

    using Printed = std::function<void(std::string_view)>;

    Output(const boost::asio::any_io_executor &executor, frames::Descriptor pipe, std::string plugin,
           std::shared_ptr<Log> log, Printed printed);

    // Until every writer has closed the pipe.
    boost::asio::awaitable<void> follow();
    // For whoever wants all of it: hands on what lies there, without waiting.
    void take_now();

private:
    // What read(2) returns.
    ssize_t read_some();
    void take(std::string_view text);
    void tell_line();

    boost::asio::posix::stream_descriptor pipe_;
    std::string plugin_;
    std::shared_ptr<Log> log_;
    Printed printed_;
    std::array<char, 4096> bytes_;
    std::string line_; // the beginning of one
    double left_ = kLinesAtOnce;
    std::chrono::steady_clock::time_point filled_ = std::chrono::steady_clock::now();
    bool told_ = false;
};

} // namespace sonde::plugin_host
