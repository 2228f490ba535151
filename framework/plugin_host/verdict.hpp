#pragma once

#include "frames/description.hpp"
#include "frames/messages.hpp"
#include "model/intent.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace sonde::plugin_host {

struct Verdict {
    std::int32_t status = 0; // see status.hpp
    std::string message;     // a sentence for a person
};

// All that is known of a run that has ended.
struct Evidence {
    std::optional<Verdict> condemned; // the host ended it, whatever the method says
    std::optional<Verdict> stopped;   // it was asked to stop
    int signalled = 0;                // the signal that the host sent last to end it; 0: none
    bool given_up = false;            // the host did so because it had not begun
    std::optional<frames::Fail> failed;
    std::optional<frames::Done> done; // absent: run() did not return
    bool late = false;                // it returned after its deadline
    std::optional<int> wait_status;
};

// How a run ended. What the method says of itself is held against its declaration; `method` is null only for a run that
// was condemned before it began.
Verdict judge(const Evidence &evidence, const frames::MethodDescription *method);

// Whose fault a status is: as the method declares it, or as the host knows it.
model::Blame blame_of(std::int32_t status, const frames::MethodDescription *method);

} // namespace sonde::plugin_host
