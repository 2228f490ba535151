#include "programs/checker/command.hpp"
#include "programs/checker/comparisons.hpp"
#include "programs/checker/net_space.hpp"
#include "programs/checker/rule.hpp"
#include "programs/checker/stage.hpp"
#include "programs/checker/words.hpp"

#include "frames/text.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <sys/wait.h>

// What a run does, with a friendly peer and options as they are.
namespace sonde::checker {

namespace {

using namespace std::chrono_literals;
using frames::MethodDescription;

Verdict extensions_null(const Subject &subject)
{
    return judge_methods(
        subject, "works without any extension of the host",
        with_order([](const Stage &stage, std::size_t, Order order) -> Complaint {
            if (const auto &required = stage.opened().description.required_extensions; !required.empty())
                return skipped("it requires " + frames::readable(list(required), 100));
            Order alone = order;
            alone.assignment.flags = Assignment::kAlone;
            const Outcome outcome = stage.run(std::move(alone));
            if (outcome.extension.empty())
                return std::nullopt;
            const std::string extension = frames::readable(outcome.extension, 60);
            if (!outcome.alive())
                return crash(in_words(outcome) + " after host->extension(\"" + extension + "\") had given NULL");
            // What fails with extensions as well does not fail for want of them.
            if (outcome.status == 0 || incomplete(stage.run(std::move(order))))
                return std::nullopt;
            return fail("fails with status " + std::to_string(outcome.status) + " without " + extension +
                        ", which it does not require: list it in required_extensions or do without");
        }));
}

Verdict runs(const Subject &subject)
{
    return judge_runs(
        subject, "runs, and comes back", [](const Outcome &outcome, const MethodDescription &) -> Complaint {
            switch (outcome.end) {
            case Outcome::End::returned:
                if (outcome.told_to_stop)
                    return warning("still ran after 10 s; name=value for its options can make the check quicker");
                // What follows would look at little more than the failure.
                if (outcome.status > 0)
                    return warning(in_words(outcome) + "; name=value for its options may let it complete");
                return std::nullopt;
            case Outcome::End::stuck:
                return fail("neither comes back within 10 s nor when it is cancelled then");
            default:
                return crash("run() " + in_words(outcome));
            }
        });
}

Verdict declared_statuses(const Subject &subject)
{
    return judge_runs(subject, "fails only in ways that it declares",
                      [](const Outcome &outcome, const MethodDescription &) -> Complaint {
                          if (outcome.undeclared.empty())
                              return std::nullopt;
                          return fail(outcome.undeclared + ", which is no status of the method");
                      });
}

Verdict messages(const Subject &subject)
{
    return judge_runs(subject, "says in words why it fails",
                      [](const Outcome &outcome, const MethodDescription &) -> Complaint {
                          if (!outcome.bad_text.empty())
                              return fail(outcome.bad_text + " is no line of UTF-8");
                          if (outcome.silent_failure || (outcome.status > 0 && outcome.message.empty()))
                              return fail("failed with " + std::to_string(outcome.status) + " and said nothing");
                          return std::nullopt;
                      });
}

Verdict rows(const Subject &subject)
{
    return judge_runs(subject, "its rows are as declared",
                      [](const Outcome &outcome, const MethodDescription &method) -> Complaint {
                          if (!outcome.odd_row.empty())
                              return fail(frames::readable(outcome.odd_row, 300));
                          std::vector<std::string> unseen;
                          for (std::size_t i = 0; i < method.tables.size(); ++i)
                              if (outcome.rows[i] == 0)
                                  unseen.push_back(method.tables[i].id);
                          if (unseen.empty())
                              return std::nullopt;
                          const std::string none = "no row of " + frames::readable(list(unseen), 100) + " was seen";
                          if (unseen.size() == method.tables.size())
                              return skipped(none);
                          return pass("its rows are as declared; " + none);
                      });
}

// `when` follows in the sentence, here and below.
Complaint complain_stranger(const Outcome &outcome, const char *when = "")
{
    if (outcome.stranger.empty())
        return std::nullopt;
    return fail("called host->" + outcome.stranger + " from a thread of its own" + when);
}

Verdict own_thread(const Subject &subject)
{
    return judge_runs(subject, "calls the host from its own thread",
                      [](const Outcome &outcome, const MethodDescription &) { return complain_stranger(outcome); });
}

Complaint complain_untimely(const Outcome &outcome, const char *when)
{
    if (outcome.untimely.empty())
        return std::nullopt;
    return fail("called host->" + outcome.untimely + " " + when);
}

Verdict times(const Subject &subject)
{
    return judge_methods(subject, "calls the host only while it runs",
                         with_order([](const Stage &stage, std::size_t method, Order order) -> Complaint {
                             Order probe = order;
                             order.assignment.flags = Assignment::kLinger;
                             if (Complaint late =
                                     complain_untimely(stage.run(std::move(order)), "after run() had returned"))
                                 return late;
                             if (!stage.method(method).has_probe)
                                 return std::nullopt;
                             probe.assignment.flags = Assignment::kProbe | Assignment::kLinger;
                             return complain_untimely(stage.run(std::move(probe)), "in probe() or after it");
                         }));
}

Complaint complain_output(const Outcome &outcome, const char *when = "")
{
    if (outcome.output.empty())
        return std::nullopt;
    return fail("writes '" + frames::readable(outcome.output, 60) + "' to stdout" + when);
}

Verdict silent_run(const Subject &subject)
{
    return judge_runs(subject, "writes nothing to stdout",
                      [](const Outcome &outcome, const MethodDescription &) { return complain_output(outcome); });
}

Complaint complain_processes(const Outcome &outcome, const char *when = "")
{
    if (!outcome.made_processes)
        return std::nullopt;
    return fail(std::string("made a process") + when);
}

Verdict no_processes_made(const Subject &subject)
{
    return judge_runs(subject, "makes no processes",
                      [](const Outcome &outcome, const MethodDescription &) { return complain_processes(outcome); });
}

Verdict probe(const Subject &subject)
{
    return judge_methods(
        subject, "says whether it can run here",
        with_order([](const Stage &stage, std::size_t method, Order order) -> Complaint {
            if (!stage.method(method).has_probe)
                return std::nullopt;
            order.assignment.flags = Assignment::kProbe;
            order.patience = 5s;
            const std::uint64_t before = loopback_bytes();
            const Outcome outcome = stage.run(std::move(order));
            if (outcome.end == Outcome::End::stuck || outcome.told_to_stop)
                return fail("probe() takes more than 5 s");
            if (stage.not_isolated().empty() && loopback_bytes() != before)
                return fail("probe() puts " + std::to_string(loopback_bytes() - before) + " bytes on the line");
            if (!outcome.alive())
                return crash("probe() " + in_words(outcome));
            constexpr const char *kWhen = " in probe()";
            for (Complaint complaint : {complain_stranger(outcome, kWhen), complain_output(outcome, kWhen),
                                        complain_processes(outcome, kWhen), judge_conduct(outcome, kWhen)})
                if (complaint)
                    return complaint;
            return std::nullopt;
        }));
}

Verdict own_extensions(const Subject &subject)
{
    const Result<Opened> opened = open_plugin(subject.plugin);
    if (!opened)
        return skipped(to_string(opened.error()));
    const sonde_plugin &plugin = opened->library.plugin();
    if (plugin.extension == nullptr)
        return pass("has no extensions");
    for (const std::string &id : {std::string("sonde.no-such-thing/1"), std::string(), std::string(300, 'x')})
        if (plugin.extension(id.c_str()) != nullptr)
            return fail("gives something for the extension '" + id.substr(0, 40) + "', which nobody has defined");
    return pass("gives NULL for extensions that it does not know");
}

// Holds runs that are made together against one that is made alone, until that is enough to judge by.
Complaint judge_likeness(const Stage &stage, const Order &one, const std::vector<Order> &others,
                         const std::string &of_one, const std::string &of_others)
{
    Comparisons comparisons;
    while (!comparisons.alike()) {
        const Outcome alone = stage.run(one);
        comparisons.expect(alone);
        const bool same = comparisons.add(stage.run_together(others));
        if (comparisons.unlike())
            return fail(of_one + ": " + comparisons.expected() + "; " + of_others + ": " + comparisons.odd());
        if (Complaint nothing_seen = incomplete(alone); same && nothing_seen)
            return nothing_seen;
    }
    return std::nullopt;
}

Verdict cold(const Subject &subject)
{
    return judge_methods(subject, "runs alike in a process forked after loading and in one that loads it itself",
                         with_order([](const Stage &stage, std::size_t, const Order &order) -> Complaint {
                             if (order.fresh)
                                 return skipped("each run loads it anew, so that no host forks it then");
                             Order fresh = order;
                             fresh.fresh = true;
                             return judge_likeness(stage, order, {fresh}, "forked after loading",
                                                   "loaded in its own process");
                         }));
}

Verdict parallel(const Subject &subject)
{
    return judge_methods(
        subject, "two runs at the same time end as one does",
        with_order([](const Stage &stage, std::size_t, const Order &order) -> Complaint {
            return judge_likeness(stage, order, {order, order}, "alone", "beside another run of its own");
        }));
}

bool is_root_of_machine()
{
    std::ifstream map("/proc/self/uid_map");
    std::uint64_t inside = 1;
    std::uint64_t outside = 1;
    std::uint64_t count = 0;
    map >> inside >> outside >> count;
    return ::geteuid() == 0 && outside == 0 && count > 1;
}

std::string last_line(const std::string &text)
{
    const std::size_t end = text.find_last_not_of('\n');
    if (end == text.npos)
        return "";
    const std::size_t begin = text.rfind('\n', end);
    return frames::readable(text.substr(begin == text.npos ? 0 : begin + 1, end - begin), 300);
}

Verdict confined(const Subject &subject)
{
    return judge_methods(
        subject, "runs in an agent's confined process as it does here",
        with_order([&](const Stage &stage, std::size_t method, const Order &order) -> Complaint {
            if (subject.sonde.empty() || !is_root_of_machine())
                return skipped("only root can start what an agent starts");
            if (stage.run(order).status != 0)
                return skipped("the run does not complete here either");
            std::vector<std::string> command = {subject.sonde, "run", subject.plugin + ":" + stage.method(method).id};
            for (const auto &[name, text] : stage.choices(method))
                command.push_back(name + "=" + text);
            command.insert(command.end(), {"--json", "--deadline", "20s"});
            const CommandEnd end = run_command(command, {}, 30s);
            if (end.started && end.in_time && WIFEXITED(end.wait_status) && WEXITSTATUS(end.wait_status) == 0)
                return std::nullopt;
            return fail(end.in_time ? "fails there: " + last_line(end.output) : "does not end there within 30 s");
        }));
}

constexpr const char *kBrokenRun = "an agent counts such a run as failed, whatever it measured";

constexpr Rule kRunRules[] = {
    {"extensions-null", "description", "needs an extension of the host",
     "hosts have different extensions, and this one none", "look at what host->extension gives before you use it",
     extensions_null},
    {"run", "extensions-null", "does not run", kBrokenRun,
     "`sonde run FILE.so` does the same; a debugger can be attached to it", runs},
    {"run-statuses", "run", "", "nobody could look up what happened", "declare each code in the method's statuses",
     declared_statuses},
    {"run-messages", "run", "", "an operator has only this sentence to find out what went wrong",
     "call sonde_fail with a sentence before you return the code", messages},
    {"run-rows", "run", "", kBrokenRun,
     "one cell a column, of its type, null only where nullable; times in nanoseconds of the declared clock", rows},
    {"run-threads", "run", "", "callbacks have no locks: rows would be torn",
     "call the host only from the thread that entered run(); hand results over to it", own_thread},
    {"run-times", "run", "", "what the host gives is gone once run() has returned",
     "end your threads before you return; in probe() add no rows, counts or progress", times},
    {"run-probe", "run", "", "an agent asks before it plans",
     "answer at once from what the system says, without measuring, and otherwise keep to the rules of run()", probe},
    {"run-silent", "run", "", "stdout is where a program's own output goes", "use host->log", silent_run},
    {"run-processes", "run", "", "a process of yours would outlive the run, and a confined run cannot make one",
     "use threads", no_processes_made},
    {"run-extensions", "run", "", "a host that asks for what it knows would get something else",
     "compare the id, and give NULL for all others", own_extensions},
    {"run-cold", "run", "", "whether it forks before or after loading is the host's choice",
     "keep no state from loading; set up in run()", cold},
    {"run-parallel", "run", "", "an agent runs a method for several schedules at once",
     "no fixed ports, files or names; `exclusive` keeps other methods away, not other targets", parallel},
    {"run-confined", "run", "", "an agent takes privileges, files and system calls away before a plugin runs",
     "take sockets from host->socket, and read no files but those that every user may read", confined},
};

} // namespace

std::span<const Rule> run_rules()
{
    return kRunRules;
}

} // namespace sonde::checker
