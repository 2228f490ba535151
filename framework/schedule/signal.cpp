#include "schedule/signal.hpp"

namespace sonde::schedule {

namespace {

std::optional<Happening> happening_of(const model::Event &event)
{
    if (std::holds_alternative<model::Immediate>(event.type))
        return Happening::configured;
    if (std::holds_alternative<model::Startup>(event.type))
        return Happening::started;
    if (std::holds_alternative<model::ControllerLost>(event.type))
        return Happening::controller_lost;
    if (std::holds_alternative<model::ControllerConnected>(event.type))
        return Happening::controller_connected;
    return std::nullopt;
}

} // namespace

Source::Source(const model::Event &event, const Uuid &agent_id, const Zone &zone)
    : timing_(event, agent_id, zone), spread_(event.random_spread.value_or(std::chrono::seconds(0))),
      happening_(happening_of(event))
{
}

std::optional<Signal> Source::next(WallTime from, const Random &random) const
{
    const std::optional<WallTime> event = timing_.first_from(from);
    if (!event)
        return std::nullopt;
    return Signal{*event, draw_spread(random, spread_), std::nullopt};
}

std::optional<Signal> Source::on(Happening happening, Now now, const Random &random) const
{
    if (happening_ != happening)
        return std::nullopt;
    const auto spread = draw_spread(random, spread_);
    return Signal{now.wall, spread, now.monotonic + spread};
}

} // namespace sonde::schedule
