#pragma once

#include "accepted.hpp"
#include "base/log.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sonde::agent {

namespace asio = boost::asio;

// An agent without a Controller: its instruction is a file, or a folder of parts (its *.json), which it follows. What
// is put there comes into force as a whole; what is wrong is logged, and the instruction in force stays.
class InstructionFile {
public:
    static constexpr std::chrono::milliseconds kQuiet{200};

    // `accept` is given an instruction that has passed every check. Everything handed in outlives it.
    InstructionFile(const asio::any_io_executor &executor, std::filesystem::path path, Self self,
                    std::shared_ptr<Log> log, std::function<void(Accepted)> accept);

    // What is there now. `where` of an error names the file.
    static model::Reading<Accepted> read(const std::filesystem::path &path, const Self &self);

    // Follows it for ever, or until stop(). Given the instruction that an earlier process brought into force.
    asio::awaitable<void> follow(std::optional<spool::StoredInstruction> in_force);

    void stop();

private:
    void look();
    asio::awaitable<void> wait_for_change();
    bool take_events();
    bool concerns(std::string_view name) const;

    std::filesystem::path path_;
    Self self_;
    std::shared_ptr<Log> log_;
    std::function<void(Accepted)> accept_;
    std::string in_force_; // the hash of its text
    std::string refused_;  // why, for one log line a reason
    asio::posix::stream_descriptor events_;
    asio::steady_timer timer_;
    bool stopped_ = false;
};

} // namespace sonde::agent
