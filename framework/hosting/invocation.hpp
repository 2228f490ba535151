#pragma once

#include "frames/messages.hpp"

#include <sonde/plugin.h>

#include <vector>

namespace sonde::hosting {

// An Invoke as the plugin sees it. Points into the Invoke, which must outlive it.
class Invocation {
public:
    explicit Invocation(const frames::Invoke &invoke);
    Invocation(const Invocation &) = delete;

    const sonde_invocation &get() const { return invocation_; }

private:
    void add_value(const frames::OptionValue &value);

    std::vector<std::vector<sonde_value>> items_;
    std::vector<sonde_value> values_;
    std::vector<sonde_parameter> parameters_;
    sonde_ip source_;
    sonde_invocation invocation_{};
};

} // namespace sonde::hosting
