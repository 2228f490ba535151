#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

namespace sonde::plugin_host {

// Who may use the line beside whom: any number of active methods side by side, but an exclusive one alone
// (SONDE_EXCLUSIVE). Turns come in the order in which they were asked for, so nobody waits for ever. Not thread-safe.
class Turns : public std::enable_shared_from_this<Turns> {
    struct Place;

public:
    // A place in the queue, and then on the line. Its destruction gives it up.
    class Turn {
    public:
        Turn() = default;
        Turn(Turn &&other) noexcept = default;
        Turn &operator=(Turn &&other) noexcept;
        ~Turn();

        bool come() const;

    private:
        friend class Turns;
        std::shared_ptr<Turns> turns_;
        std::list<Place>::iterator place_;
    };

    // `come` is called when the turn comes, perhaps before this returns. It must not destroy a Turn.
    Turn ask(bool exclusive, std::function<void()> come);

private:
    struct Place {
        bool exclusive;
        std::function<void()> come;
        bool on_line = false;
    };

    void admit();

    std::list<Place> places_; // those on the line first
};

} // namespace sonde::plugin_host
