#pragma once

#include "model/instruction.hpp"

#include <chrono>
#include <optional>

// What can be said of a calendar event without a time zone: whether it ever fires, and how close together.
namespace sonde::model::check {

// Whether any of the months has any of the days: 31 February has not. On every date that there is each weekday falls
// some time within the 400 years after which the Gregorian calendar repeats, so the weekdays do not matter.
bool has_dates(const Calendar &calendar);

// Whether it fires between its start and its end, if it has both. Without an offset any zone may be the agent's: false
// only if it is false in all of them.
bool fires_in_window(const Calendar &calendar);

// The shortest time between two triggers that follow from the times of the day, or from two days that follow each other
// where it fires every day. Nothing if it depends on the dates.
std::optional<std::chrono::seconds> shortest_gap(const Calendar &calendar);

// The longest time between two triggers in the eight years from 2001 on, in local time that runs evenly: a property of
// the calendar and not of the moment. Nothing if there are not two.
std::optional<std::chrono::seconds> longest_gap(const Calendar &calendar);

} // namespace sonde::model::check
