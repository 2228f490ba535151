#pragma once

#include <sonde/plugin.h>

namespace sonde::passive_syn {

extern const sonde_method kPassiveSyn, kPassiveHandshake;

} // namespace sonde::passive_syn
