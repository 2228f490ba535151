#include "plugin_host/text.hpp"
#include "programs/cli/check/examination.hpp"
#include "programs/cli/check/exceptions.hpp"
#include "programs/cli/check/report_documents.hpp"
#include "programs/cli/check/report_text.hpp"
#include "programs/cli/file.hpp"
#include "programs/cli/places.hpp"
#include "programs/cli/verb.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>

namespace sonde::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kExceptionsBytesMax = 1 << 20;

struct Words {
    Examination examination;
    std::string plugin;
    std::string against;
    std::string exceptions;
    std::string timeout;
    std::string junit;
    std::uint64_t jobs = 0;
    bool list = false;
    bool json = false;
    bool verbose = false;
};

int list_rules(Console &console, const std::vector<CheckRule> &rules, bool json)
{
    for (const CheckRule &rule : rules)
        console.out(json ? check_json(rule) : check_lines(rule, console.out_width()));
    return kDone;
}

// `option` is the one that it was given by, and a space.
std::optional<Failure> take_file(const std::string &option, const std::string &given, fs::path &path)
{
    const std::string hint = "sonde check FILE.so" + (option.empty() ? "" : " " + option + "OLD.so");
    std::error_code error;
    path = fs::canonical(given, error);
    if (error)
        return Failure{{option + given, error.message(), hint}, kNothingRan};
    if (fs::is_directory(path, error))
        return Failure{{option + given, "is a directory", hint}, kNothingRan};
    return std::nullopt;
}

// What was typed, checked and made ready.
std::optional<Failure> take_words(Words &words)
{
    Examination &examination = words.examination;
    if (words.plugin.empty())
        return Failure{{"", "which plugin?", "sonde check FILE.so"}, kUsage};
    for (const std::string &word : examination.words)
        if (word.find('=') == std::string::npos)
            return Failure{{"", "'" + word + "' is no option of a method", "they have the form name=value"}, kUsage};
    if (auto failed = take_file("", words.plugin, examination.plugin))
        return failed;
    if (!words.against.empty())
        if (auto failed = take_file("--against ", words.against, examination.against))
            return failed;
    if (!words.exceptions.empty()) {
        const Result<std::string> text = read_given(words.exceptions, kExceptionsBytesMax);
        if (!text)
            return Failure{text.error(), input_status(text.error())};
        const auto exceptions = parse_exceptions(words.exceptions, *text);
        if (!exceptions)
            return Failure{exceptions.error(), kUsage};
        examination.exceptions = *exceptions;
    }
    if (!words.timeout.empty()) {
        const Result<std::int64_t> timeout = plugin_host::parse_duration(words.timeout);
        if (!timeout || *timeout < 1'000'000)
            return Failure{{"--timeout", timeout ? "must be at least 1ms" : timeout.error().what, ""}, kUsage};
        examination.time_max = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::nanoseconds(*timeout));
    }
    examination.jobs = words.jobs != 0 ? words.jobs : std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
    return std::nullopt;
}

// Exceptions that nothing needs any more hide the next failure.
void say_idle_exceptions(Console &console, const Examination &examination, const CheckReport &report)
{
    for (const Judgement &judgement : report.judgements)
        if (examination.exceptions.contains(judgement.rule.id) && judgement.exception.empty())
            console.say("the exception for " + judgement.rule.id + " is not needed: " + to_string(judgement.status));
}

Result<void> write_junit(const std::string &file, const std::string &text)
{
    if (file.empty())
        return {};
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << text;
    if (!stream.flush())
        return Error{"--junit " + file, std::strerror(errno), ""};
    return {};
}

int status_of(const CheckReport &report)
{
    if (!report.interrupted && !report.checked())
        return kNothingRan;
    return report.conformant() ? kDone : kTargetFailed;
}

int check(Console &console, Words words)
{
    Examination &examination = words.examination;
    const Result<fs::path> checker = find_checker();
    if (!checker)
        return fail(console, checker.error(), kNothingRan);
    examination.checker = *checker;
    const auto rules = read_rules(examination.checker);
    if (!rules)
        return fail(console, rules.error(), kNothingRan);
    if (words.list)
        return list_rules(console, *rules, words.json);
    if (const auto failed = take_words(words))
        return fail(console, *failed);
    const auto chosen = choose_rules(examination, *rules);
    if (!chosen)
        return fail(console, chosen.error(), kUsage);
    if (const auto known = check_options(examination); !known)
        return fail(console, known.error(), kUsage);
    if (const auto former = check_former(examination); !former)
        return fail(console, former.error(), kNothingRan);
    // Known before minutes of rules; and what is left if this is killed is no older report.
    if (const auto begun = write_junit(words.junit, ""); !begun)
        return fail(console, begun.error(), input_status(begun.error()));

    const std::string page = find_page("check.md").string();
    const CheckReport report = examine(
        examination, *chosen,
        [&](const CheckReport &begun) {
            if (!words.json)
                console.out(check_headline(begun));
        },
        [&](const Judgement &judgement) {
            console.out(words.json ? check_json(judgement)
                                   : check_lines(judgement, page, console.out_width(), words.verbose));
            return console.flush();
        });
    console.out(words.json ? check_json(report) : last_line(report) + "\n");
    console.flush();
    say_idle_exceptions(console, examination, report);
    if (const auto written = write_junit(words.junit, check_junit(report)); !written)
        return fail(console, written.error(), input_status(written.error()));
    return status_of(report);
}

} // namespace

Verb add_check(CLI::App &sonde)
{
    const auto words = std::make_shared<Words>();
    Examination &examination = words->examination;
    CLI::App *app = sonde.add_subcommand("check", "Judge a plugin by the rules that every host relies on");
    app->add_option("FILE.so", words->plugin, "the plugin");
    app->add_option(
        "name=value", examination.words,
        "options of its methods; else they get what makes sense here: the loopback interface, a peer of ours");
    app->add_option("--rule", examination.patterns, "only this rule, or those of a pattern: 'run-*'; may be repeated")
        ->allow_extra_args(false);
    app->add_option("--against", words->against, "a former version, of which nothing may be lost");
    app->add_option("--exceptions", words->exceptions, "a file of failures to put up with, `RULE: reason` each line");
    app->add_option("--seed", examination.seed, "for what is drawn at random (1); the same one draws the same");
    app->add_option("--timeout", words->timeout, "for each rule (60s)");
    app->add_option("--jobs", words->jobs, "rules at a time (as many as there are processors)")
        ->check(CLI::Range(1, 64));
    app->add_flag("--strict", examination.strict, "a warning is a failure");
    const CLI::Option *const json =
        app->add_flag("--json", words->json, "one JSON object a rule and line, and one for all");
    app->add_option("--junit", words->junit, "write the report to this file as well, as JUnit's XML");
    CLI::Option *const list = app->add_flag("--list", words->list, "show the rules, and check nothing");
    app->add_flag("--verbose", words->verbose, "show all that the plugin writes to stdout and stderr");
    for (CLI::Option *const each : app->get_options())
        if (each != list && each != json && each != app->get_help_ptr())
            list->excludes(each);
    app->footer(
        examples({"sonde check build/tcp-connect.so", "sonde check build/tcp-connect.so port=8443 --rule 'peer-*'",
                  "sonde check build/tcp-connect.so --against tcp-connect-1.0.so --junit report.xml"}) +
        "\n\nNothing is sent anywhere: runs have a network of their own, or the loopback interface where the system\n"
        "allows no other. Exit status: 0 conformant, 1 not conformant, 2 usage, 4 nothing was checked.");
    return {app, [words](Console &console) { return check(console, *words); }};
}

} // namespace sonde::cli
