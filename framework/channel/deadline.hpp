#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace sonde::channel {

// Calls `expire` once the moment last set has passed. Moving that moment further away, which a connection does for each
// piece it sends, costs no timer operation.
class Deadline {
public:
    Deadline(const boost::asio::any_io_executor &executor, std::function<void()> expire);
    ~Deadline();
    Deadline(const Deadline &) = delete;
    Deadline &operator=(const Deadline &) = delete;

    void set(std::chrono::steady_clock::time_point due);
    void set(std::chrono::milliseconds from_now) { set(std::chrono::steady_clock::now() + from_now); }
    void clear();
    // Whether the moment last set has passed and `expire` was called.
    bool passed() const;

private:
    struct State;
    static void wait(const std::shared_ptr<State> &state);
    std::shared_ptr<State> state_;
};

} // namespace sonde::channel
