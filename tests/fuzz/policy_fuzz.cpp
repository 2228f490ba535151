// libFuzzer's target for the line owner's policy file and for the targets that it judges. The input is a target, a line
// break, and a policy.
#include "policy/policy.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace sonde::policy;

void abort_unless(bool good)
{
    if (!good)
        std::abort();
}

// However it is written, a target is what its plain form says.
void judge(const Policy &policy, std::string_view text)
{
    const auto target = parse_target(text);
    if (!target) {
        abort_unless(!policy.judge_target(text));
        return;
    }
    abort_unless(parse_target(to_string(*target)).value() == *target);
    const Verdict verdict = policy.judge_target(text);
    abort_unless(verdict.allowed == policy.judge_target(to_string(*target)).allowed);
    abort_unless(verdict.allowed == verdict.reason.empty());
    if (const auto *address = std::get_if<Address>(&*target)) {
        abort_unless(!verdict || never_a_target(*address) == nullptr);
        // What may be aimed at itself may be aimed at by a name.
        abort_unless(!verdict || policy.judge_address({"name", *address}).allowed);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char *>(data), size);
    const std::size_t line = std::min(input.find('\n'), input.size());
    const std::string_view target = input.substr(0, line);
    const auto policy = read_policy(input.substr(std::min(line + 1, input.size())), "policy.json");
    judge(policy ? *policy : Policy::deny_all("it cannot be read"), target);
    static_cast<void>(parse_range(target));
    Request request;
    request.method = "ping";
    request.active = true;
    request.targets = {std::string(target)};
    if (policy && policy->judge(request))
        abort_unless(policy->judge_target(target).allowed);
    return 0;
}
