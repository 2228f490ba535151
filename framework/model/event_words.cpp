#include "model/event_words.hpp"

#include "model/date_time.hpp"

#include <type_traits>
#include <variant>

namespace sonde::model {

std::string event_words(const Event &event)
{
    std::string words = std::visit(
        [](const auto &type) -> std::string {
            using Type = std::decay_t<decltype(type)>;
            if constexpr (std::is_same_v<Type, Periodic>)
                return "every " + std::to_string(type.interval.count()) + " s";
            else if constexpr (std::is_same_v<Type, Calendar>)
                return "by the calendar";
            else if constexpr (std::is_same_v<Type, OneOff>)
                return "once, at " + format_date_time(type.time);
            else if constexpr (std::is_same_v<Type, Immediate>)
                return "once, when the instruction brings it";
            else if constexpr (std::is_same_v<Type, Startup>)
                return "when the agent starts";
            else if constexpr (std::is_same_v<Type, ControllerLost>)
                return "when the controller is lost";
            else
                return "when the controller is reached again";
        },
        event.type);
    if (event.random_spread)
        words += ", spread over " + std::to_string(event.random_spread->count()) + " s";
    return words;
}

} // namespace sonde::model
