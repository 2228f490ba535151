#include "plugin_host/verdict.hpp"

#include "plugin_host/runner.hpp"
#include "plugin_host/status.hpp"

#include <csignal>
#include <sys/wait.h>

namespace sonde::plugin_host {

namespace {

Verdict own_verdict(const frames::MethodDescription &method, std::int32_t code, const std::string &text,
                    const char *how)
{
    if (code == 0)
        return {0, ""};
    if (code == frames::kStatusBrokeRules)
        return {code, text};
    for (const auto &declared : method.statuses)
        if (declared.code == code)
            return {code, text.empty() ? declared.help : text};
    return {kStatusBrokeRules, method.id + " " + how + " " + std::to_string(code) + ", which is none of its statuses" +
                                   (text.empty() ? "" : ": " + text)};
}

} // namespace

Verdict judge(const Evidence &evidence, const frames::MethodDescription *method)
{
    if (evidence.condemned)
        return *evidence.condemned;
    if (evidence.stopped) {
        Verdict verdict = *evidence.stopped;
        if (!evidence.done && evidence.signalled != 0)
            verdict.message += "; it did not stop when asked and was killed";
        return verdict;
    }
    if (evidence.failed)
        return own_verdict(*method, evidence.failed->code, evidence.failed->text, "failed with");
    if (evidence.done && evidence.late)
        return {kStatusTimeout, "its deadline passed"};
    if (evidence.done)
        return own_verdict(*method, evidence.done->status, "", "returned");
    if (evidence.given_up)
        return {kStatusNotStarted, method->id + " began only when it had been given up, and was killed for that"};
    if (!evidence.wait_status)
        return {kStatusRunnerDied, "the runner lost it"};
    // Its socket was closed, or it would have been asked to stop first.
    if (WIFSIGNALED(*evidence.wait_status) && WTERMSIG(*evidence.wait_status) == evidence.signalled)
        return {kStatusNoResult, method->id + " closed its socket without a result, and was killed for going on"};
    if (WIFSIGNALED(*evidence.wait_status) && WTERMSIG(*evidence.wait_status) == SIGKILL)
        return {-SIGKILL, method->id + " was " + wait_status_text(*evidence.wait_status) +
                              " by another, as a rule the kernel because it took too much memory"};
    if (WIFSIGNALED(*evidence.wait_status))
        return {-WTERMSIG(*evidence.wait_status), method->id + " was " + wait_status_text(*evidence.wait_status)};
    return {kStatusNoResult, method->id + " " + wait_status_text(*evidence.wait_status) + " and without a result"};
}

model::Blame blame_of(std::int32_t status, const frames::MethodDescription *method)
{
    if (status >= 1 && status <= 99 && method != nullptr)
        for (const auto &declared : method->statuses)
            if (declared.code == status && declared.blame <= SONDE_BLAME_POLICY)
                return static_cast<model::Blame>(declared.blame);
    return host_blame(status);
}

} // namespace sonde::plugin_host
