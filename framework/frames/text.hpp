#pragma once

#include <sonde/plugin.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace sonde::frames {

// Whether text is UTF-8 as RFC 3629 has it: no overlong forms, no surrogates.
bool is_utf8(std::string_view text);

// Text from a plugin for a person: at most `bytes_max` bytes, cut between characters, '?' for a NUL
// and for what is not UTF-8.
std::string readable(std::string_view text, std::size_t bytes_max);

// "int", "duration", ...; "type 77" for one that does not exist.
std::string type_name(sonde_type type);

// "SIGSEGV"; "SIG77" for one without a name.
std::string signal_name(int signal);

} // namespace sonde::frames
