#pragma once

#include "model/check/findings.hpp"

// The checks that go beyond the types of single nodes, one function a part of the instruction.
namespace sonde::model::check {

void check_agent(const Subject &subject, Findings &findings);
void check_tasks(const Subject &subject, Findings &findings);
void check_events(const Subject &subject, Findings &findings);
void check_schedules(const Subject &subject, Findings &findings);
void check_constraints(const Subject &subject, Findings &findings);
void check_data_budget(const Subject &subject, Findings &findings);
void check_destinations(const Subject &subject, Findings &findings);
void check_suppressions(const Subject &subject, Findings &findings);

} // namespace sonde::model::check
