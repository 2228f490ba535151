#include "programs/runner/run.hpp"

#include "programs/runner/cancel.hpp"
#include "programs/runner/child.hpp"
#include "programs/runner/run_host.hpp"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace sonde::runner {

namespace {

constexpr int kAgent = 3;
constexpr int kCancel = 4;

void enter(pid_t parent, int agent, int cancel)
{
    const int kept[] = {agent, cancel};
    become_child(parent, kept);
    // The agent decides by closing or reading when a full socket lets go; nothing here polls for it.
    ::fcntl(kAgent, F_SETFL, ::fcntl(kAgent, F_GETFL) & ~O_NONBLOCK);
}

sonde_ip to_ip(const frames::Ip &ip)
{
    sonde_ip out{};
    std::copy(ip.bytes.begin(), ip.bytes.end(), out.bytes);
    out.family = ip.family;
    out.interface = ip.interface;
    return out;
}

// An Invoke as the plugin sees it. Points into the Invoke, which must outlive it.
class Invocation {
public:
    explicit Invocation(const frames::Invoke &invoke);
    Invocation(const Invocation &) = delete;

    const sonde_invocation &get() const { return invocation_; }

private:
    static sonde_value scalar(const frames::Scalar &item)
    {
        return {item.integer, item.real, item.text.c_str(), nullptr, static_cast<std::uint32_t>(item.text.size()), 1};
    }
    void add_value(const frames::OptionValue &value);

    std::vector<std::vector<sonde_value>> items_;
    std::vector<sonde_value> values_;
    std::vector<sonde_parameter> parameters_;
    sonde_ip source_;
    sonde_invocation invocation_{};
};

Invocation::Invocation(const frames::Invoke &invoke) : source_(to_ip(invoke.source))
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

} // namespace

void run_in_child(pid_t parent, int agent, int cancel, const sonde_method &method,
                  const frames::MethodDescription &description, const frames::Invoke &invoke)
{
    enter(parent, agent, cancel);
    const Cancel signal(kCancel, invoke.deadline);
    const Invocation invocation(invoke);
    RunHost host(kAgent, signal, description, invoke.family, false);
    host.finish(method.run(&host, &invocation.get()));
    ::_exit(0);
}

void probe_in_child(pid_t parent, int agent, int cancel, const sonde_method &method,
                    const frames::MethodDescription &description)
{
    enter(parent, agent, cancel);
    const Cancel signal(kCancel, std::nullopt);
    RunHost host(kAgent, signal, description, 0, true);
    host.finish(method.probe == nullptr ? 0 : method.probe(&host));
    ::_exit(0);
}

} // namespace sonde::runner
