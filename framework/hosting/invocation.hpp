#pragma once

#include "frames/messages.hpp"

#include <sonde/plugin.h>

#include <span>
#include <vector>

namespace sonde::hosting {

// An Invoke as the plugin sees it. Points into all that it is made of, which must outlive it.
class Invocation {
public:
    // `method` is the one that is run, as the plugin gave it.
    Invocation(const frames::Invoke &invoke, const sonde_method &method, std::span<const sonde_input> inputs);
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
