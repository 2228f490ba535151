#include "policy/policy.hpp"

#include <algorithm>
#include <utility>

namespace sonde::policy {

namespace {

// Rules are named by their place in the owner's file: what stands there is nobody else's business.
constexpr const char *kAllowed = "/targets/allow of the local policy";

std::string denied_rule(std::size_t number)
{
    return "/targets/deny/" + std::to_string(number) + " of the local policy";
}

Verdict refused(std::string reason)
{
    return {false, std::move(reason), {}};
}

bool matches_any(const std::vector<std::string> &globs, const std::string &text)
{
    return std::any_of(globs.begin(), globs.end(), [&](const std::string &glob) { return glob_matches(glob, text); });
}

} // namespace

Policy Policy::deny_all(std::string reason)
{
    Policy policy;
    policy.denied_ = std::move(reason);
    return policy;
}

Verdict Policy::judge(const Request &request) const
{
    if (denied_)
        return refused("the local policy refuses everything: " + *denied_);
    if (!matches_any(plugins_.methods, request.method))
        return refused("method " + request.method + " is not allowed here");
    if (request.active && request.targets.empty() && !matches_any(plugins_.untargeted, request.method))
        return refused("method " + request.method +
                       " sends traffic and names no target that could be judged; the policy may list it as "
                       "untargeted");
    for (const std::string &privilege : request.privileges)
        if (!grants(request.method, privilege))
            return refused("method " + request.method + " needs the privilege " + privilege +
                           ", which /plugins/privileges of the local policy does not give it");
    Verdict verdict;
    verdict.allowed = true;
    for (auto target = request.targets.begin(); verdict && target != request.targets.end(); ++target)
        verdict = judge_target(*target);
    for (auto target = request.addresses.begin(); verdict && target != request.addresses.end(); ++target)
        verdict = judge_address(*target);
    if (!verdict)
        return verdict;
    if (request.running >= concurrency_)
        return refused(std::to_string(request.running) + " running, and " + std::to_string(concurrency_) +
                       " allowed at the same time");
    if (auto reason = refusal(day(request.used_bytes, request.now), request.declared_bytes, request.promised_bytes))
        return refused(std::move(*reason));
    for (const ByteLimit &limit : request.limits)
        if (auto reason = refusal(limit, request.declared_bytes, request.promised_bytes))
            return refused(std::move(*reason));
    return verdict;
}

ByteLimit Policy::day(std::uint64_t used, WallTime now) const
{
    return limit_of_day("the local policy", bytes_per_day_, used, now);
}

bool Policy::grants(const std::string &method, const std::string &privilege) const
{
    if (denied_ || !plugins_.privileges)
        return !denied_;
    const auto given = plugins_.privileges->find(privilege);
    return given != plugins_.privileges->end() && matches_any(given->second, method);
}

Verdict Policy::judge_target(std::string_view target) const
{
    if (denied_)
        return refused("the local policy refuses everything: " + *denied_);
    const Result<Target> parsed = parse_target(target);
    if (!parsed)
        return refused(parsed.error().what);
    const std::string name = "target " + to_string(*parsed);
    if (const auto *address = std::get_if<Address>(&*parsed)) {
        if (const char *why = never_a_target(*address))
            return refused(name + " " + why);
    }
    if (const auto rule = deny_.find(*parsed, true))
        return refused(name + " is among the denied targets (" + denied_rule(*rule) + ")");
    if (!allow_.find(*parsed, false))
        return refused(name + " is outside the allowed targets (" + kAllowed + ")");
    return {true, "", {}};
}

Verdict Policy::judge_address(const NamedAddress &target) const
{
    if (denied_)
        return refused("the local policy refuses everything: " + *denied_);
    Verdict verdict = refused("target " + target.name + " has an address that ");
    verdict.address = target.address;
    if (const char *why = never_a_target(target.address)) {
        verdict.reason += why;
        return verdict;
    }
    if (const auto rule = deny_.find(Target(target.address), true)) {
        verdict.reason += "is among the denied targets (" + denied_rule(*rule) + ")";
        return verdict;
    }
    const auto local = local_network(target.address);
    if (local && !allow_.find(Target(target.address), false)) {
        verdict.reason += "is in " + *local + ", and outside the allowed targets (" + kAllowed + ")";
        return verdict;
    }
    return {true, "", {}};
}

} // namespace sonde::policy
