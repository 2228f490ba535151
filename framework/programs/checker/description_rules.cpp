#include "programs/checker/opened.hpp"
#include "programs/checker/rule.hpp"
#include "programs/checker/words.hpp"

#include "frames/messages.hpp"
#include "frames/text.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>

// Whether a host can take what a plugin says of itself.
namespace sonde::checker {

namespace {

using namespace frames;

template <class Judge>
Verdict with_plugin(const Subject &subject, Judge judge)
{
    const Result<Opened> opened = open_plugin(subject.plugin);
    return opened ? judge(*opened) : skipped(to_string(opened.error()));
}

// "tcp-connect 0.1.0 by You, ABI 1.0, 1 method"
std::string headline(const Description &description)
{
    const std::size_t methods = description.methods.size();
    return readable(description.name + " " + description.version +
                        (description.vendor.empty() ? "" : " by " + description.vendor) + ", ABI 1." +
                        std::to_string(description.abi_minor) + ", " + std::to_string(methods) +
                        (methods == 1 ? " method" : " methods"),
                    200);
}

Verdict readable_at_all(const Subject &subject)
{
    const Result<Opened> opened = open_plugin(subject.plugin);
    return opened ? pass(headline(opened->description)) : fail(to_string(opened.error()));
}

// The findings of one kind.
Verdict no_finding(const Subject &subject, Matter matter, const std::string &good)
{
    return with_plugin(subject, [&](const Opened &opened) {
        std::vector<std::string> found;
        for (const Finding &finding : findings(opened.description))
            if (finding.matter == matter)
                found.push_back(readable(to_string(finding.error), 300));
        if (found.empty())
            return pass(good);
        return fail(found.front() + (found.size() == 1 ? "" : ", and " + std::to_string(found.size() - 1) + " more"));
    });
}

Verdict ids(const Subject &subject)
{
    return no_finding(subject, Matter::ids, "ids, versions and status codes have their form");
}

Verdict unique(const Subject &subject)
{
    return no_finding(subject, Matter::unique, "no id stands for two things");
}

Verdict text(const Subject &subject)
{
    return no_finding(subject, Matter::text, "UTF-8, each text one line");
}

Verdict types(const Subject &subject)
{
    return no_finding(subject, Matter::types, "types, clocks and words fit their place");
}

Verdict complete(const Subject &subject)
{
    return no_finding(subject, Matter::limits, "nothing is missing, and nothing too many");
}

Verdict size(const Subject &subject)
{
    return with_plugin(subject, [](const Opened &opened) {
        const auto frame = encode(RunnerToAgent(opened.description));
        return frame ? pass(std::to_string(frame->size()) + " bytes")
                     : fail("is too long: " + to_string(frame.error()));
    });
}

Verdict extensions(const Subject &subject)
{
    return with_plugin(subject, [](const Opened &opened) {
        const std::vector<std::string> missing = missing_extensions(opened.description);
        return missing.empty() ? pass("requires no extension that a host of this version lacks")
                               : fail("requires " + list(missing) + ", which this host lacks");
    });
}

Verdict reserved(const Subject &subject)
{
    return with_plugin(subject, [](const Opened &opened) {
        if (const std::uint32_t minor = opened.description.abi_minor; minor > SONDE_ABI_MINOR)
            return skipped("what ABI 1." + std::to_string(minor) + " reserves is not known here");
        for (const Part &part : parts(opened.library.plugin()))
            if (part.reserved != 0)
                return fail(part.where + " has a reserved field or an unknown flag that is not zero");
        for (const MethodDescription &method : opened.description.methods) {
            constexpr std::uint32_t flags =
                SONDE_ACTIVE | SONDE_PASSIVE | SONDE_EXCLUSIVE | SONDE_TAKES_INPUT | SONDE_NEEDS_INTERFACE;
            constexpr std::uint32_t privileges =
                SONDE_PRIVILEGE_ICMP | SONDE_PRIVILEGE_CAPTURE | SONDE_PRIVILEGE_LISTEN;
            if ((method.flags & ~flags) != 0 || (method.privileges & ~privileges) != 0)
                return fail(method.id + " has a flag or a privilege that ABI 1." + std::to_string(SONDE_ABI_MINOR) +
                            " does not define");
        }
        return pass("what is reserved is zero");
    });
}

struct Mapping {
    std::uintptr_t begin;
    std::uintptr_t end;
    bool writable;
};

std::vector<Mapping> read_mappings()
{
    std::vector<Mapping> mappings;
    std::ifstream file("/proc/self/maps");
    for (std::string line; std::getline(file, line);) {
        Mapping mapping{};
        char rights[5] = {};
        if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " %4s", &mapping.begin, &mapping.end, rights) != 3)
            continue;
        mapping.writable = rights[1] == 'w';
        mappings.push_back(mapping);
    }
    return mappings;
}

Verdict constant(const Subject &subject)
{
    return with_plugin(subject, [](const Opened &opened) {
        const std::vector<Mapping> mappings = read_mappings();
        for (const Part &part : parts(opened.library.plugin())) {
            const auto at = reinterpret_cast<std::uintptr_t>(part.at);
            const auto mapping = std::find_if(mappings.begin(), mappings.end(),
                                              [&](const Mapping &m) { return at >= m.begin && at < m.end; });
            if (mapping != mappings.end() && mapping->writable)
                return fail(part.where + " lies in memory that can be written to");
        }
        return pass("constant data, every struct of it");
    });
}

constexpr const char *kRefused = "a host refuses the whole plugin for it";

constexpr Rule kDescriptionRules[] = {
    {"description", "load", "its description cannot be read", kRefused,
     "begin every struct with SONDE_SIZE, end every array with NULL, leave no id NULL", readable_at_all},
    {"description-ids", "description", "", "ids become names of columns, files and documents",
     "see the forms in plugin.h", ids},
    {"description-unique", "description", "", "nobody could say which of the two is meant", "rename one of them",
     unique},
    {"description-text", "description", "", "texts go into documents and onto terminals",
     "save the source as UTF-8, and write one line", text},
    {"description-types", "description", "", kRefused, "see sonde_option and sonde_column in plugin.h", types},
    {"description-complete", "description", "", kRefused, "see the limits in plugin.h", complete},
    {"description-size", "description", "", "a host takes descriptions of at most 120 KiB", "shorten the help", size},
    {"description-extensions", "description", "", "a host without such an extension refuses the plugin by name",
     "require only what the method cannot do without", extensions},
    {"description-reserved", "description", "",
     "a later ABI gives these bits a meaning, and this plugin would say something that you did not mean",
     "leave the fields out of the initialiser", reserved},
    {"description-constant", "description", "",
     "a host reads a description whenever it likes; nothing may run for it, and nothing may change it",
     "make every struct `static const`, and link with -z relro; gcc 12 leaves a C++ object with a constructor writable",
     constant, Status::warning},
};

} // namespace

std::span<const Rule> description_rules()
{
    return kDescriptionRules;
}

} // namespace sonde::checker
