#pragma once

#include <functional>
#include <string>
#include <utility>

namespace sonde::agent {

// Tells one action under way to stop, and why. Whoever carries it out says what stopping it takes.
class Stopper {
public:
    void stop(std::string reason)
    {
        if (stopped_)
            return;
        stopped_ = true;
        reason_ = std::move(reason);
        if (action_)
            action_();
    }

    bool stopped() const { return stopped_; }
    const std::string &reason() const { return reason_; }

    // Called at once if it was stopped before.
    void on_stop(std::function<void()> action)
    {
        action_ = std::move(action);
        if (stopped_ && action_)
            action_();
    }

private:
    bool stopped_ = false;
    std::string reason_;
    std::function<void()> action_;
};

} // namespace sonde::agent
