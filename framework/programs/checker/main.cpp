#include "frames/packet_buffer.hpp"
#include "hosting/describe.hpp"
#include "programs/checker/assignment.hpp"
#include "programs/checker/net_space.hpp"
#include "programs/checker/opened.hpp"
#include "programs/checker/rule.hpp"
#include "programs/checker/stage.hpp"
#include "programs/checker/verdict.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

using namespace sonde;
using namespace sonde::checker;

constexpr int kVerdictDescriptor = 3;

const char *const kUsage =
    "usage: sonde-checker --list\n"
    "       sonde-checker RULE PLUGIN.so SEED OLD.so|'' SONDE|'' [name=value ...]\n"
    "\n"
    "Judges a measurement plugin by one rule and writes the verdict to descriptor 3. `sonde check`\n"
    "starts it; it is of little use by hand.\n";

// One rule a line, fields separated by tabs.
int print_rules()
{
    for (const Rule &rule : all_rules())
        std::printf("%s\t%s\t%s\t%s\t%s\t%s\n", rule.id, to_string(rule.severity), rule.needs, rule.unmet, rule.why,
                    rule.mend);
    return std::fflush(stdout) == 0 ? 0 : 1;
}

std::uint32_t number(const char *text)
{
    return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

// The process of one run that a rule wants in a process of its own: see trial.cpp.
int serve_run(char **words)
{
    const frames::PacketBuffer buffer;
    const std::span<std::byte> frame = buffer;
    const ssize_t size = ::read(kInvokeEnd, frame.data(), frame.size());
    ::close(kInvokeEnd);
    Evidence &evidence = map_evidence(kEvidenceEnd);
    ::close(kEvidenceEnd);
    for (const int fd : {kAgentEnd, kCancelEnd})
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (size <= 0)
        return 2;
    const auto message = frames::decode<frames::AgentToRunner>(frame.first(static_cast<std::size_t>(size)));
    const Result<Opened> opened = open_plugin(words[0]);
    if (!message || !opened)
        return 2;
    const Assignment assignment{number(words[1]), number(words[2]), number(words[3])};
    carry_out(assignment, opened->library.plugin(), opened->description.methods[assignment.method],
              std::get<frames::Invoke>(*message), evidence);
}

// Writes what is wrong with options that were given to the verdict's descriptor; nothing if all is well, or the plugin
// cannot be asked.
int judge_options(int count, char **words)
{
    ::fcntl(kVerdictDescriptor, F_SETFD, FD_CLOEXEC);
    const Result<Opened> opened = open_plugin(words[0]);
    if (!opened)
        return 0;
    const std::string complaint = options_complaint(opened->description, {words + 1, words + count});
    (void)!::write(kVerdictDescriptor, complaint.data(), complaint.size());
    ::_exit(0);
}

// Writes why a former version cannot be compared with to the verdict's descriptor; nothing if it can.
int judge_former(const char *path)
{
    ::fcntl(kVerdictDescriptor, F_SETFD, FD_CLOEXEC);
    (void)enter_net_space();
    const auto described = hosting::describe_apart(path);
    const std::string complaint = described ? "" : to_string(described.error());
    return ::write(kVerdictDescriptor, complaint.data(), complaint.size()) < 0 ? 1 : 0;
}

int judge(int count, char **words)
{
    const auto rules = all_rules();
    const auto rule =
        std::find_if(rules.begin(), rules.end(), [&](const Rule &each) { return std::strcmp(each.id, words[0]) == 0; });
    if (rule == rules.end() || ::fcntl(kVerdictDescriptor, F_SETFD, FD_CLOEXEC) != 0)
        return 2;
    // What runs leave behind becomes ours, and everything ends with `sonde check`.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::signal(SIGPIPE, SIG_IGN);
    Subject subject;
    subject.plugin = words[1];
    subject.seed = std::strtoull(words[2], nullptr, 10);
    subject.against = words[3];
    subject.sonde = words[4];
    subject.words.assign(words + 5, words + count);
    // Whatever a plugin does as soon as it is loaded leaves this machine as little as what its runs do.
    (void)enter_net_space();
    Verdict verdict = rule->judge(subject);
    if (verdict.status == Status::fail)
        verdict.status = rule->severity;
    const std::string text = std::string(to_string(verdict.status)) + "\n" + verdict.text;
    const bool said = ::write(kVerdictDescriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    std::fflush(stdout);
    // Not by exit(): handlers that the plugin registered have no say here any more.
    ::_exit(said ? 0 : 1);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc == 2 && std::strcmp(argv[1], "--version") == 0) {
        std::printf("sonde-checker %s\n", SONDE_VERSION);
        return 0;
    }
    if (argc == 2 && std::strcmp(argv[1], "--list") == 0)
        return print_rules();
    if (argc == 6 && std::strcmp(argv[1], "--run") == 0)
        return serve_run(argv + 2);
    if (argc >= 3 && std::strcmp(argv[1], "--options") == 0)
        return judge_options(argc - 2, argv + 2);
    if (argc == 3 && std::strcmp(argv[1], "--former") == 0)
        return judge_former(argv[2]);
    if (argc >= 6 && argv[1][0] != '-')
        return judge(argc - 1, argv + 1);
    const bool help = argc == 2 && std::strcmp(argv[1], "--help") == 0;
    std::fputs(kUsage, help ? stdout : stderr);
    return help ? 0 : 2;
}
