// Whether a document is valid: our reader and a YANG validator have to agree, but for what is named here.
#include "model/capabilities_json.hpp"
#include "model/instruction_json.hpp"
#include "model/report_json.hpp"
#include "model/state_json.hpp"
#include "model/xml.hpp"

#include "mutation.hpp"
#include "random_model.hpp"
#include "support/catch.hpp"
#include "xml_mutation.hpp"
#include "yanglint.hpp"

#include <functional>
#include <regex>
#include <utility>

using namespace sonde::model;

namespace {

struct Exception {
    const char *words; // a regular expression over "path: message"
    const char *reason;
    const char *of_documents_with = "";
    bool hides = false; // what is within is not read, and may be bad as well
};

// What we refuse and the schema does not; docs/formats.md has the list for people.
constexpr Exception kOursAlone[] = {
    {"(is|are) the most\\)", "memory is bounded", "", true},
    {"/option\\[.*\\]/name: is (missing|empty)", "an option without a name could only be ignored"},
    {"/tasks/task\\[.*names no method", "a task names a method"},
    {"/program: .*is not the name of a method", "a method is named, never given by a path"},
    {"/events/event\\[.*has no event type", "it would never fire"},
    {"/events/event\\[.*would never fire", "it would never fire"},
    {"/cycle-interval: .*it goes from 1", "no time is a multiple of 0"},
    {"/timezone-offset: .*(is unknown|is not an offset from UTC)", "it cannot be counted with"},
    {"no calendar or clock shows it", "no calendar or clock shows it"},
    {"that can be used", "times are 64 bits of nanoseconds"},
    {"/duration: ends every run where it begins", "nothing could be measured"},
    {"/destination: sends results round in a circle", "they would never arrive"},
    {"a report (has no results|measures nothing)", "nothing could arrive"},
    {"/option\\[.*says the same as", "a thing is said once"},
    {"/data-budget-left: is more than", "it would never hold"},
    {"/value: .*is neither less nor greater", "there is nothing to compare"},
    {"/action\\[.*is no collector", "a report goes to a collector"},
    {"/action\\[.*reports to nobody", "a report goes to a collector"},
    {"^(line [0-9]+: )?/(ietf-lmap-report|sonde-lmap).*/role\\[.*is there twice", "roles are a set, in reports too"},
    {"/capabilities/.*/role\\[.*is there twice", "roles are a set, in a state too"},
    {"/uri: a URI was expected", "a URI has no space and no other character than those of ASCII"},
    {"/table\\[.*/column\\[.*is (there twice|empty)", "columns have names that tell them apart"},
    {"/sonde-lmap:column-type: differs from the list", "the module's description"},
    {"/sonde-lmap:null: .*is not an empty value", "the module's description"},
    {"/value: has [0-9]+ cells", "the module's description"},
    {"/value\\[.* is no ", "the module's description"},
    {"/[a-z:-]+: is there twice$", "a member is there once; the validator joins arrays of which that makes a good one",
     "", true},
    {"", "RFC 7951 section 4 wants the simple name there", "\"ietf-lmap-control:name\":", true},
    {"/periodic/interval: is missing", "without it the event has no type", "\"periodic\":{}"},
    {"/one-off/time: is missing", "without it the event has no type", "\"one-off\":{}"},
    {"/calendar/[a-z-]+: is missing", "without it the event has no type", "\"calendar\":{}"},
    {"/periodic/interval: is missing", "without it the event has no type", "<periodic/>"},
    {"/one-off/time: is missing", "without it the event has no type", "<one-off/>"},
    {"/calendar/[a-z-]+: is missing", "without it the event has no type", "<calendar/>"},
    {"here is the string '0[0-9]+'", "a number has no leading zeros", "", true},
};

// What the validator refuses and we do not, in a state alone: its configuration was checked when it came into force.
constexpr Exception kTheirsAlone[] = {
    {"leafref|Must condition|must.condition|must exist for this|A burst is that of a rate|A rate needs the burst|The "
     "window is empty",
     "not asked again of what is in force"},
};

class Exceptions {
public:
    template <std::size_t N>
    explicit Exceptions(const Exception (&all)[N])
    {
        for (const Exception &exception : all)
            all_.emplace_back(exception, std::regex(exception.words));
    }
    // The one that the message is; null if it is none.
    const Exception *find(const std::string &message, const std::string &document) const
    {
        for (const auto &[exception, words] : all_)
            if (document.find(exception.of_documents_with) != std::string::npos && std::regex_search(message, words))
                return &exception;
        return nullptr;
    }

private:
    std::vector<std::pair<Exception, std::regex>> all_;
};

struct Judged {
    std::string type;
    std::string text;
    std::string ours; // our errors without those that the schema does not know
    bool is_hidden = false;
};

Judged judged(const std::string &type, const std::string &text, const std::vector<sonde::Error> &errors)
{
    static const Exceptions ours_alone(kOursAlone);
    Judged all{type, text, {}};
    for (const sonde::Error &error : errors) {
        const std::string said = to_string(error);
        // A configuration may be empty, as no other is.
        const bool is_empty = type == "config" && said.find("is missing (the document is") != std::string::npos;
        const Exception *exception = ours_alone.find(said, text);
        if (exception != nullptr)
            all.is_hidden |= exception->hides;
        else if (!is_empty)
            all.ours += said + '\n';
    }
    return all;
}

using Read = std::function<std::vector<sonde::Error>(const std::string &)>;

class Court {
public:
    void judge(const std::string &type, const std::string &text, const std::string &as_theirs, const Read &read)
    {
        theirs_.add(type, as_theirs, is_xml(text) ? "xml" : "json");
        judged_.push_back(judged(type, text, read(text)));
    }

    // How many were good and how many bad.
    std::pair<int, int> compare()
    {
        std::pair<int, int> counts;
        const std::vector<std::string> verdicts = theirs_.verdicts();
        const Exceptions theirs_alone(kTheirsAlone);
        int disagreements = 0;
        for (std::size_t i = 0; i < judged_.size(); ++i) {
            const std::string &theirs = verdicts[i];
            ++(theirs.empty() ? counts.first : counts.second);
            if (theirs.empty() == judged_[i].ours.empty() || (!theirs.empty() && judged_[i].is_hidden) ||
                (judged_[i].type == "data" && theirs_alone.find(theirs, judged_[i].text) != nullptr))
                continue;
            INFO(judged_[i].text);
            INFO("the validator: " << verdicts[i]);
            INFO("we: " << judged_[i].ours);
            CHECK(theirs.empty() == judged_[i].ours.empty());
            if (++disagreements == 40)
                break;
        }
        return counts;
    }

private:
    Yanglint theirs_;
    std::vector<Judged> judged_;
};

} // namespace

#ifdef SONDE_SANITIZED
constexpr int kDocuments = 500; // a fault of memory shows in few, and the sanitizer is slow
constexpr int kXmlDocuments = 200;
#else
constexpr int kDocuments = 2500;
constexpr int kXmlDocuments = 1000;
#endif

TEST_CASE("a YANG validator and we agree on what is valid")
{
    const std::uint64_t first = 1 + std::uint64_t{Catch::rngSeed()}; // 1, unless --rng-seed asks for other documents
    INFO("seed " << first);
    Court court;
    const Read instruction = [](const std::string &text) { return read_instruction(text).errors; };
    const Read state = [](const std::string &text) { return read_state(text).errors; };
    const Read report = [](const std::string &text) { return read_report(text).errors; };
    const Read capabilities = [](const std::string &text) { return read_capabilities(text).errors; };
    const Read failures = [](const std::string &text) { return read_failures(text).errors; };
    for (std::uint64_t seed = first; seed < first + kDocuments; ++seed) {
        RandomModel model(seed);
        Mutation mutation(seed);
        const auto maybe_bad = [&](const std::string &text) { return seed % 10 == 0 ? text : mutation.of(text); };
        switch (seed % 8) {
        case 0: {
            const std::string text = maybe_bad(write_state(model.state()));
            court.judge("data", text, text, state);
            break;
        }
        case 1:
        case 2: {
            const std::string text = maybe_bad(write_report(model.report()));
            court.judge("rpc", text, as_rpc(text, "ietf-lmap-report", "report"), report);
            break;
        }
        case 3: {
            if (seed % 16 == 3) {
                const std::string text = maybe_bad(write_capabilities(model.capabilities()));
                court.judge("rpc", text, as_rpc(text, "sonde-lmap", "capabilities"), capabilities);
            } else {
                const std::string text = maybe_bad(write_failures(model.failures()));
                court.judge("rpc", text, as_rpc(text, "sonde-lmap", "failure"), failures);
            }
            break;
        }
        default: {
            const std::string text = maybe_bad(write_instruction(model.instruction()));
            court.judge("config", text, text, instruction);
        }
        }
    }
    const auto [good, bad] = court.compare();
    CHECK(good + bad == kDocuments);
    CHECK(good > kDocuments / 10);
    CHECK(bad > kDocuments / 2);
}

TEST_CASE("a YANG validator and we agree on what is valid in XML")
{
    const std::uint64_t first = 1 + std::uint64_t{Catch::rngSeed()};
    INFO("seed " << first);
    Court court;
    for (std::uint64_t seed = first; seed < first + kXmlDocuments; ++seed) {
        RandomModel model(seed);
        XmlMutation mutation(seed);
        const auto judge = [&](const std::string &type, const std::string &json, const Read &read) {
            const std::string text = seed % 10 == 0 ? to_xml(json) : mutation.of(to_xml(json));
            court.judge(type, text, text, read);
        };
        switch (seed % 4) {
        case 0:
            judge("data", write_state(model.state()),
                  [](const std::string &text) { return read_state_xml(text).errors; });
            break;
        case 1:
            judge("rpc", write_report(model.report()),
                  [](const std::string &text) { return read_report_xml(text).errors; });
            break;
        default:
            judge("config", write_instruction(model.instruction()),
                  [](const std::string &text) { return read_instruction_xml(text).errors; });
        }
    }
    const auto [good, bad] = court.compare();
    CHECK(good + bad == kXmlDocuments);
    CHECK(good > kXmlDocuments / 10);
    CHECK(bad > kXmlDocuments / 2);
}
