#include "programs/cli/query.hpp"

#include "base/nearest.hpp"
#include "programs/cli/answer_row.hpp"

#include <algorithm>
#include <set>

namespace sonde::cli {

namespace {

// So many different values are listed.
constexpr std::size_t kListed = 12;

std::string string_member(const rapidjson::Document &row, const char *name)
{
    const auto found = row.FindMember(name);
    return found != row.MemberEnd() && found->value.IsString() ? found->value.GetString() : "";
}

bool is_wanted(std::string_view line, const std::vector<std::string> &only)
{
    const auto row = read_answer_row(line);
    // Whoever shows it says what is wrong with it.
    return !row || std::find(only.begin(), only.end(), string_member(*row, "agent")) != only.end();
}

} // namespace

int show_rows(Console &console, ServerConnection &server, const std::string &path, const Parameters &parameters,
              const AnswerWords &words, AnswerLook look, const std::function<std::string()> &nothing,
              const std::vector<std::string> *only)
{
    AnswerPrinter printer(console, words, std::move(look));
    const auto failed = server.get_lines(path, parameters, [&](std::string_view line) -> Result<bool> {
        if (only != nullptr && !is_wanted(line, *only))
            return true;
        return printer.add(line);
    });
    const Result<void> ended = printer.end();
    if (failed)
        return fail(console, *failed);
    if (!ended)
        return fail(console, ended.error(), kUsage);
    if (server.interrupted()) {
        console.say("interrupted after " + std::to_string(printer.rows()) + (printer.rows() == 1 ? " row" : " rows"));
        return kDone;
    }
    if (printer.rows() > 0)
        return kDone;
    console.say(nothing());
    return kNothingRan;
}

std::string meant(ServerConnection &server, const std::string &path, const Parameters &parameters, const char *member,
                  const std::string &word)
{
    std::set<std::string> values;
    const auto failed = server.get_lines(path, parameters, [&](std::string_view line) -> Result<bool> {
        const auto row = read_answer_row(line);
        if (!row)
            return row.error();
        if (const std::string value = string_member(*row, member); !value.empty())
            values.insert(value);
        return true;
    });
    if (failed || values.empty() || values.contains(word))
        return "";
    const std::vector<std::string> candidates(values.begin(), values.end());
    if (const auto near = nearest(word, candidates))
        return "; did you mean '" + printable(*near) + "'?";
    std::string list;
    for (std::size_t i = 0; i < candidates.size() && i < kListed; ++i)
        list += (i == 0 ? "; there are " : ", ") + printable(candidates[i]);
    return list + (candidates.size() > kListed ? ", ..." : "");
}

} // namespace sonde::cli
