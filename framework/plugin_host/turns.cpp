#include "plugin_host/turns.hpp"

#include <utility>

namespace sonde::plugin_host {

Turns::Turn &Turns::Turn::operator=(Turn &&other) noexcept
{
    std::swap(turns_, other.turns_);
    std::swap(place_, other.place_);
    return *this;
}

Turns::Turn::~Turn()
{
    if (!turns_)
        return;
    turns_->places_.erase(place_);
    turns_->admit();
}

bool Turns::Turn::come() const
{
    return turns_ && place_->on_line;
}

Turns::Turn Turns::ask(bool exclusive, std::function<void()> come)
{
    Turn turn;
    turn.turns_ = shared_from_this();
    turn.place_ = places_.insert(places_.end(), {exclusive, std::move(come)});
    admit();
    return turn;
}

void Turns::admit()
{
    bool alone = true;
    for (Place &place : places_) {
        if (!place.on_line) {
            if (!alone && place.exclusive)
                return;
            place.on_line = true;
            place.come();
        }
        if (place.exclusive)
            return;
        alone = false;
    }
}

} // namespace sonde::plugin_host
