#include "programs/checker/command.hpp"
#include "programs/checker/rule.hpp"
#include "programs/checker/stage.hpp"

#include "frames/text.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

// What many runs leave behind, and what one does with its memory.
namespace sonde::checker {

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kLeakRuns = 100;
constexpr std::uint32_t kSettled = kLeakRuns / 10; // where the first sample is taken

// A hundred short runs in one process. An agent never makes two, so that what cannot stand it is not at fault: it is
// judged by the runs before, from the tenth on.
JudgeMethod with_many(std::function<Complaint(const Outcome &)> judge)
{
    return with_order([judge = std::move(judge)](const Stage &stage, std::size_t, Order order) -> Complaint {
        order.assignment.repeat = kLeakRuns;
        order.patience = 40s;
        const Outcome outcome = stage.run(std::move(order));
        Complaint complaint = judge(outcome);
        if (complaint)
            return complaint;
        if (outcome.told_to_stop)
            return skipped("a hundred short runs take too long");
        if (!outcome.alive())
            return skipped("of a hundred runs in one process one " + in_words(outcome) +
                           ", which an agent never makes");
        return std::nullopt;
    });
}

// An allocator keeps more or less of what is freed, as the runs happen to fall out; a leak is there again.
JudgeMethod seen_again(JudgeMethod judge)
{
    return [judge = std::move(judge)](const Stage &stage, std::size_t method) -> Complaint {
        Complaint complaint = judge(stage, method);
        if (!complaint || complaint->status == Status::skipped)
            return complaint;
        return judge(stage, method);
    };
}

Verdict leaked_descriptors(const Subject &subject)
{
    return judge_methods(subject, "closes what it opens, 100 times", with_many([](const Outcome &outcome) -> Complaint {
                             if (outcome.done <= kSettled)
                                 return std::nullopt;
                             const auto leaked =
                                 static_cast<std::int64_t>(outcome.last.descriptors) - outcome.samples[0].descriptors;
                             // A library may keep a few for the rest of the process.
                             if (leaked < 10)
                                 return std::nullopt;
                             return fail(std::to_string(outcome.done - kSettled) + " runs in one process left " +
                                         std::to_string(leaked) + " descriptors open");
                         }));
}

Verdict leaked_memory(const Subject &subject)
{
    return judge_methods(
        subject, "keeps no memory, 100 times", seen_again(with_many([](const Outcome &outcome) -> Complaint {
            if (outcome.done < kLeakRuns)
                return std::nullopt;
            const auto heap = [&](int i) { return static_cast<std::int64_t>(outcome.samples[i].heap_bytes); };
            const std::int64_t first = (heap(1) - heap(0)) / 40;
            const std::int64_t second = (heap(2) - heap(1)) / 50;
            if (first < 16 || second < 16)
                return std::nullopt;
            return fail("each run keeps about " + std::to_string(second) + " bytes, which ends with its process");
        })));
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

// Of lines "==123== Invalid read of size 1" and what is indented behind them. Warnings are about valgrind itself, and a
// NULL buffer is what recv() takes with MSG_TRUNC; another call would fail with EFAULT and do no harm.
std::string first_finding(const std::string &log)
{
    std::istringstream lines(log);
    std::string finding;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t mark = line.find("== ");
        const std::string text = mark == line.npos ? "" : line.substr(mark + 3);
        if (text.empty() && !finding.empty())
            break;
        if (!text.empty() && finding.empty() && text[0] != ' ' && !text.starts_with("Warning:"))
            finding = text;
        if (finding.starts_with("Syscall param") && text.starts_with(" Address 0x0 is not"))
            finding.clear();
    }
    return frames::readable(finding, 200);
}

Complaint judge_under_valgrind(const Stage &stage, std::size_t, Order order)
{
    // A folder of its own: a name that others can foresee might be their link to a file of ours.
    std::string folder = std::filesystem::temp_directory_path() / "sonde-check-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr)
        return skipped("no folder for valgrind's log can be made");
    const std::string log = folder + "/log";
    order.fresh = true;
    order.patience = 40s;
    order.within = {"valgrind", "--quiet", "--error-exitcode=0", "--log-file=" + log};
    const Outcome outcome = stage.run(std::move(order));
    std::ifstream file(log);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    if (const std::string finding = first_finding(text); !finding.empty())
        return fail("valgrind: " + finding);
    if (!outcome.alive())
        return skipped("under valgrind the run " + in_words(outcome));
    return std::nullopt;
}

Verdict clean(const Subject &subject)
{
    if (kSanitized)
        return skipped("valgrind cannot run what has a sanitizer in it");
    const CommandEnd there = run_command({"valgrind", "--version"}, {}, 10s);
    if (!there.started || there.wait_status != 0)
        return skipped("valgrind is not installed");
    return judge_methods(subject, "valgrind finds nothing", with_order(judge_under_valgrind));
}

constexpr Rule kLeakRules[] = {
    {"leak-descriptors", "deadline-obeyed", "", "sockets are the plugin's to close, and a process has only so many",
     "close what host->socket gave, on every way out", leaked_descriptors},
    {"leak-memory", "deadline-obeyed", "",
     "nothing has to be freed at the end of a run, but what grows with each would grow within a long one as well",
     "free what you allocate, or allocate it once", leaked_memory, Status::warning},
    {"memory-clean", "run", "",
     "what reads or writes where it must not works today and crashes in the field; valgrind stands in for "
     "AddressSanitizer, which no host loads, and does not see what happens within the stack and globals",
     "see where: sonde run FILE.so ... --under valgrind", clean},
};

} // namespace

std::span<const Rule> leak_rules()
{
    return kLeakRules;
}

} // namespace sonde::checker
