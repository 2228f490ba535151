// Whether a document is valid: our reader and a YANG validator have to agree, but for what is named here.
#include "model/capabilities_json.hpp"
#include "model/instruction_json.hpp"
#include "model/report_json.hpp"
#include "model/state_json.hpp"

#include "mutation.hpp"
#include "random_model.hpp"
#include "support/catch.hpp"
#include "yanglint.hpp"

#include <functional>
#include <regex>

using namespace sonde::model;

namespace {

struct Exception {
    const char *words; // a regular expression over "path: message"
    const char *reason;
};

// What we refuse and the schema does not; docs/formats.md has the list for people.
constexpr Exception kOursAlone[] = {
    {"not supported by this version", "the engine does not run it yet"},
    {"(is|are) the most\\)", "memory is bounded"},
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
    {"^/(ietf-lmap-report|sonde-lmap).*/role\\[.*is there twice", "roles are a set, in reports too"},
    {"/capabilities/.*/role\\[.*is there twice", "roles are a set, in a state too"},
    {"/uri: a URI was expected", "a URI has no space and no other character than those of ASCII"},
    {"/table\\[.*/column\\[.*is (there twice|empty)", "columns have names that tell them apart"},
    {"/sonde-lmap:column-type: differs from the list", "the module's description"},
    {"/sonde-lmap:null: .*is not an empty value", "the module's description"},
    {"/value: has [0-9]+ cells", "the module's description"},
    {"/value\\[.* is no ", "the module's description"},
};

// What the validator refuses and we do not, in a state alone: its configuration was checked when it came into force.
constexpr Exception kTheirsAlone[] = {
    {"leafref|Must condition|must.condition|must exist for this", "not asked again of what is in force"},
};

template <std::size_t N>
bool is_among(const Exception (&exceptions)[N], const std::string &message)
{
    return std::any_of(std::begin(exceptions), std::end(exceptions), [&](const Exception &exception) {
        return std::regex_search(message, std::regex(exception.words));
    });
}

// Our errors without those that the schema does not know. A datastore may be empty, an operation is one.
std::string schema_errors(const std::string &type, const std::vector<sonde::Error> &errors)
{
    std::string all;
    for (const sonde::Error &error : errors) {
        const std::string said = to_string(error);
        const bool is_empty = type != "rpc" && said.find("is missing (the document is") != std::string::npos;
        if (!is_empty && !is_among(kOursAlone, said))
            all += said + '\n';
    }
    return all;
}

struct Judged {
    std::string type;
    std::string text;
    std::string ours;
};

using Read = std::function<std::vector<sonde::Error>(const std::string &)>;

class Court {
public:
    void judge(const std::string &type, const std::string &text, const std::string &as_theirs, const Read &read)
    {
        theirs_.add(type, as_theirs);
        judged_.push_back({type, text, schema_errors(type, read(text))});
    }

    // How many were good and how many bad.
    std::pair<int, int> compare()
    {
        std::pair<int, int> counts;
        const std::vector<std::string> verdicts = theirs_.verdicts();
        int disagreements = 0;
        for (std::size_t i = 0; i < judged_.size(); ++i) {
            const std::string &theirs = verdicts[i];
            ++(theirs.empty() ? counts.first : counts.second);
            if (theirs.empty() == judged_[i].ours.empty() ||
                (judged_[i].type == "data" && is_among(kTheirsAlone, theirs)))
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

TEST_CASE("a YANG validator and we agree on what is valid")
{
    constexpr std::uint64_t first = 1;
    INFO("seed " << first);
    Court court;
    const Read instruction = [](const std::string &text) { return read_instruction(text).errors; };
    const Read state = [](const std::string &text) { return read_state(text).errors; };
    const Read report = [](const std::string &text) { return read_report(text).errors; };
    const Read capabilities = [](const std::string &text) { return read_capabilities(text).errors; };
    const Read failures = [](const std::string &text) { return read_failures(text).errors; };
    for (std::uint64_t seed = first; seed < first + 2500; ++seed) {
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
    CHECK(good > 200);
    CHECK(bad > 1000);
}
