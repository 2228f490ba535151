#include "hosting/invocation.hpp"

#include <algorithm>
#include <cstdint>

namespace sonde::hosting {

namespace {

sonde_ip to_ip(const frames::Ip &ip)
{
    sonde_ip out{};
    std::copy(ip.bytes.begin(), ip.bytes.end(), out.bytes);
    out.family = ip.family;
    out.interface = ip.interface;
    return out;
}

sonde_value scalar(const frames::Scalar &item)
{
    return {item.integer, item.real, item.text.c_str(), nullptr, static_cast<std::uint32_t>(item.text.size()), 1};
}

} // namespace

Invocation::Invocation(const frames::Invoke &invoke, const sonde_method &method, std::span<const sonde_input> inputs)
    : source_(to_ip(invoke.source))
{
    for (const frames::OptionValue &value : invoke.values)
        add_value(value);
    for (const frames::Parameter &parameter : invoke.parameters)
        parameters_.push_back({parameter.name.c_str(), parameter.value.c_str()});
    invocation_.deadline = invoke.deadline ? invoke.deadline->time_since_epoch().count() : INT64_MAX;
    invocation_.values = values_.data();
    invocation_.value_count = static_cast<std::uint32_t>(values_.size());
    invocation_.interface_name = invoke.interface.empty() ? nullptr : invoke.interface.c_str();
    invocation_.interface_index = invoke.interface_index;
    invocation_.source = source_.family == 0 ? nullptr : &source_;
    invocation_.family = invoke.family;
    invocation_.method = &method;
    invocation_.inputs = inputs.data();
    invocation_.input_count = static_cast<std::uint32_t>(inputs.size());
    invocation_.parameters = parameters_.data();
    invocation_.parameter_count = static_cast<std::uint32_t>(parameters_.size());
}

void Invocation::add_value(const frames::OptionValue &value)
{
    if (!value.list && !value.items.empty()) {
        values_.push_back(scalar(value.items[0]));
        return;
    }
    // An empty list's items are no NULL, so that only scalars have none.
    std::vector<sonde_value> &items = items_.emplace_back();
    items.reserve(value.items.size() + 1);
    for (const frames::Scalar &item : value.items)
        items.push_back(scalar(item));
    const auto count = static_cast<std::uint32_t>(value.items.size());
    values_.push_back({0, 0, "", value.list ? items.data() : nullptr, 0, count});
}

} // namespace sonde::hosting
