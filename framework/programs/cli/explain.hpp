#pragma once

#include <rapidjson/document.h>

#include <string>
#include <vector>

// Sentences about runs, from what an agent or a collector says of them.
namespace sonde::cli {

// How one run ended, or a range of them: "2026-11-24 04:05:00.000 ping missed (agent): not running 03:58 to 04:31".
std::string outcome_sentence(const rapidjson::Value &outcome);

// The agent's answer to why: what happened, then what is next and by what. `asked`: a time was asked about.
std::vector<std::string> why_sentences(const rapidjson::Value &answer, bool asked);

} // namespace sonde::cli
