#pragma once

#include <string>
#include <utility>

namespace sonde::agent {

// Whether a constraint is met; if not, why, for a person: "line-idle 3.1 Mb/s > 0.5 Mb/s".
struct Verdict {
    bool met = true;
    std::string reason{};

    static Verdict not_met(std::string reason) { return {false, std::move(reason)}; }
};

} // namespace sonde::agent
