#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string>

namespace sonde::cli {

// A member of an answer: null where there is none, or the answer is no object.
const rapidjson::Value &member(const rapidjson::Value &object, const char *name);

// As text, or empty; as a number, or 0; as a boolean, or false.
std::string text_member(const rapidjson::Value &object, const char *name);
std::uint64_t number_member(const rapidjson::Value &object, const char *name);
bool flag_member(const rapidjson::Value &object, const char *name);

// The items of a list, none where there is none.
rapidjson::Value::ConstArray list_member(const rapidjson::Value &object, const char *name);

// One line of JSON.
std::string json_line(const rapidjson::Value &value);

} // namespace sonde::cli
