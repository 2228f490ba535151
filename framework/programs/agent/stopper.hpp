#pragma once

#include <functional>
#include <string>
#include <utility>

namespace sonde::agent {

// Tells one action under way to stop, and why. Whoever carries it out says what stopping it takes.
class Stopper {
public:
    enum class By { agent, instruction };

    void stop(std::string reason, By by = By::agent)
    {
        if (stopped_)
            return;
        stopped_ = true;
        by_ = by;
        reason_ = std::move(reason);
        if (action_)
            action_();
    }

    bool stopped() const { return stopped_; }
    const std::string &reason() const { return reason_; }
    bool as_instructed() const { return stopped_ && by_ == By::instruction; }

    // Called at once if it was stopped before.
    void on_stop(std::function<void()> action)
    {
        action_ = std::move(action);
        if (stopped_ && action_)
            action_();
    }

private:
    bool stopped_ = false;
    By by_ = By::agent;
    std::string reason_;
    std::function<void()> action_;
};

} // namespace sonde::agent
