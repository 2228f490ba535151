#include "model/date_time.hpp"
#include "programs/cli/agents_sentence.hpp"
#include "programs/cli/moment.hpp"

#include "support/catch.hpp"

using namespace sonde;
using namespace sonde::cli;

namespace {

const std::string kOne = "6b1c0f8e-0000-4000-8000-000000000001", kTwo = "6b1c0f8f-0000-4000-8000-000000000002",
                  kThree = "a0000000-0000-4000-8000-000000000003", kNew = "ffffffff-0000-4000-8000-00000000000f";

std::vector<KnownAgent> known()
{
    return {{kOne, {{"group", "west"}, {"up_to_date", "true"}}},
            {kTwo, {{"group", "west"}, {"up_to_date", "false"}}},
            {kThree, {{"group", "east"}, {"up_to_date", "true"}}}};
}

// The ids that a sentence chooses, by their first 8 characters, or "STATUS: what went wrong".
std::string chosen(const std::vector<std::string> &words, const std::vector<std::string> &last = {})
{
    const auto sentence = read_agent_sentence(words);
    if (!sentence)
        return "2: " + to_string(sentence.error());
    const auto ids = chosen_agents(*sentence, known(), last);
    if (!ids)
        return std::to_string(ids.error().status) + ": " + to_string(ids.error().error);
    std::string text;
    for (const std::string &id : *ids)
        text += (text.empty() ? "" : " ") + id.substr(0, 8);
    return text;
}

std::string moment_text(const char *text)
{
    // 2026-11-24T12:00:00Z
    const WallTime now = model::parse_date_time("2026-11-24T12:00:00Z").value();
    const auto moment = parse_moment(text, now);
    if (!moment)
        return to_string(moment.error());
    return model::format_date_time(moment->begin) + " " +
           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(moment->length).count());
}

} // namespace

TEST_CASE("agents are chosen by a sentence")
{
    CHECK(chosen({"all"}) == "6b1c0f8e 6b1c0f8f a0000000");
    CHECK(chosen({"all", "limit", "2"}) == "6b1c0f8e 6b1c0f8f");
    CHECK(chosen({"all limit 1"}) == "6b1c0f8e");
    CHECK(chosen({"a0"}) == "a0000000");
    CHECK(chosen({"A0"}) == "a0000000");
    CHECK(chosen({"a0", "6b1c0f8e"}) == "6b1c0f8e a0000000");
    CHECK(chosen({kNew, "a0"}) == "a0000000 ffffffff");
    CHECK(chosen({"last"}, {kThree}) == "a0000000");
    CHECK(chosen({"group=west"}) == "6b1c0f8e 6b1c0f8f");
    CHECK(chosen({"group=west+up_to_date=false"}) == "6b1c0f8f");
    CHECK(chosen({"group=east", "6b1c0f8f", "limit", "1"}) == "6b1c0f8f");
}

TEST_CASE("a sentence that chooses nobody says why")
{
    CHECK(chosen({"6b1c"}) == "2: '6b1c' is the beginning of 2 agents' ids (write more of it, or `all`)");
    CHECK(chosen({"6b1d0f8f"}) == "4: no agent's id begins with '6b1d0f8f' (did you mean '" + kTwo + "'?)");
    CHECK(chosen({"home-17"}).starts_with("4: no agent's id begins with 'home-17'"));
    CHECK(chosen({"last"}).starts_with("4: no agents were chosen before"));
    CHECK(chosen({"group=wets"}) == "4: no agent has group=wets (did you mean 'west'?)");
    CHECK(chosen({"gruop=west"}) == "4: the server says nothing of agents' 'gruop' (did you mean 'group'?)");
    CHECK(chosen({"group=east+up_to_date=false"}) == "4: no agent has all that");
    CHECK(chosen({"group=west+"}).starts_with("6b1c0f8e"));
    CHECK(chosen({"group=west+x"}).starts_with("2: 'x' in 'group=west+x' is no NAME=VALUE"));
    CHECK(chosen({"all", "limit", "0"}).starts_with("2: 'limit 0' is no number of agents"));
    CHECK(chosen({"all", "limit"}).starts_with("2: 'limit ' is no number"));
    CHECK(chosen({"limit", "3"}).starts_with("2: a limit of what?"));
    CHECK(chosen({"all", "limit", "3", "x"}).starts_with("2: 'x' stands behind the limit"));
}

TEST_CASE("a time may be a second, a minute, a day or a time of day")
{
    CHECK(moment_text("2026-11-24T04:05:06Z") == "2026-11-24T04:05:06Z 1");
    CHECK(moment_text("2026-11-24T04:05Z") == "2026-11-24T04:05:00Z 60");
    CHECK(moment_text("2026-11-24T04:05+01:00") == "2026-11-24T03:05:00Z 60");
    CHECK(moment_text("2026-11-24") == "2026-11-24T00:00:00Z 86400");
    CHECK(moment_text("04:05") == "2026-11-24T04:05:00Z 60");
    CHECK(moment_text("23:05") == "2026-11-23T23:05:00Z 60");
    CHECK(moment_text("11:59:59") == "2026-11-24T11:59:59Z 1");
    CHECK(moment_text("2026-11-24T04:05") == "'2026-11-24T04:05' is in which time zone? (2026-11-24T04:05Z is UTC)");
    CHECK(moment_text("2026-11-24T04:05:06").starts_with("'2026-11-24T04:05:06' is in which time zone?"));
    for (const char *wrong : {"", "now", "4:05", "25:00", "2026-13-01", "2026-11-24T04:05Zulu", "2026-11-24 04:05Z"})
        CHECK_THAT(moment_text(wrong), Catch::Contains("is no time ("));
}
