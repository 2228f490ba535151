#pragma once

#include "frames/description.hpp"

#include <span>
#include <string>

namespace sonde::cli {

// Whether a table's rows read better as a sentence each: the one that a method calls `summary`.
bool reads_as_sentence(const frames::TableDescription &table);

// A row in one line, from its columns' names, types and units alone:
//   who      the text and addresses that the row begins with
//   counts   "3 sent, 2 replies": whole numbers whose unit is a word. Those before the first figure are always there,
//            later ones only if they are not 0
//   figures  "loss 33.3 %", "goodput 9.3 Gb/s"; durations that follow each other and share their first word, "rtt_min"
//            and "rtt_max", share it and their unit: "rtt min 11.187 max 11.204 ms". What is null is "undefined"
//   words    "limited by server", "exact", "not exact"; null ones and stamps are left out
std::string row_sentence(const frames::TableDescription &table, std::span<const sonde_cell> cells);

} // namespace sonde::cli
