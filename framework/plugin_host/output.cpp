#include "plugin_host/output.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

namespace sonde::plugin_host {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kPause{1};
// At once: who prints without end does not keep everything else waiting.
constexpr int kReadsMax = 64;

} // namespace

Output::Output(const asio::any_io_executor &executor, frames::Descriptor pipe, std::string plugin,
               std::shared_ptr<Log> log, Printed printed)
    : pipe_(executor, pipe.release()), plugin_(std::move(plugin)), log_(std::move(log)), printed_(std::move(printed))
{
    pipe_.non_blocking(true);
}

ssize_t Output::read_some()
{
    return ::read(pipe_.native_handle(), bytes_.data(), bytes_.size());
}

void Output::take_now()
{
    ssize_t size = 0;
    for (int reads = 0; printed_ && reads < kReadsMax && (size = read_some()) > 0; ++reads)
        printed_({bytes_.data(), static_cast<std::size_t>(size)});
}

asio::awaitable<void> Output::follow()
{
    const auto self = shared_from_this();
    boost::system::error_code failed;
    while (!failed) {
        co_await pipe_.async_wait(asio::posix::stream_descriptor::wait_read,
                                  asio::redirect_error(asio::use_awaitable, failed));
        const ssize_t size = read_some();
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
            break;
        const std::string_view text(bytes_.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        if (printed_)
            printed_(text);
        else
            take(text);
        if (printed_ || left_ >= 1)
            continue;
        // Nothing of it is read meanwhile, so a flood costs no more than this.
        asio::steady_timer pause(pipe_.get_executor(), kPause);
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
    }
    if (!line_.empty())
        tell_line();
}

void Output::take(std::string_view text)
{
    const auto now = std::chrono::steady_clock::now();
    left_ = std::min<double>(kLinesAtOnce, left_ + std::chrono::duration<double>(now - filled_) / kPause);
    filled_ = now;
    for (const char c : text) {
        // What never ends a line counts as well.
        if (c == '\n' || line_.size() == kLineBytesMax)
            tell_line();
        if (c != '\n')
            line_ += c;
    }
}

void Output::tell_line()
{
    if (left_ >= 1) {
        left_ -= 1;
        log_->info("plugin prints plugin={} text={}", quoted(plugin_), quoted(line_));
    } else if (!std::exchange(told_, true)) {
        log_->warn("plugin prints too much plugin={} dropped=lines", quoted(plugin_));
    }
    line_.clear();
}

} // namespace sonde::plugin_host
