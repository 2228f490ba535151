#pragma once

#include <rapidjson/document.h>

#include <string>
#include <vector>

namespace sonde::cli {

// One action's run, as the places know it; null where one does not.
struct TraceRun {
    std::string agent;
    std::string run;
    std::string action;
    rapidjson::Document at_agent{};
    rapidjson::Document at_collector{};
};

// The one that `said` is about, made if it is new.
TraceRun &run_in(std::vector<TraceRun> &runs, const rapidjson::Value &said, const std::string &agent);

// A headline, and a line a step: planned, ran, ended, spooled, acknowledged, stored. Each says whose word it is.
std::vector<std::string> trace_lines(const TraceRun &run);

// {"agent": ID, "run": ID, "action": NAME, "at_agent": {...} or null, "at_collector": {...} or null}
std::string trace_json(const TraceRun &run);

} // namespace sonde::cli
