#include "programs/cli/explain.hpp"

#include "programs/cli/answer_member.hpp"
#include "programs/cli/console.hpp"
#include "programs/cli/human.hpp"

#include "model/date_time.hpp"

#include <optional>

namespace sonde::cli {

namespace {

std::string words_of(const rapidjson::Value &object, const char *name)
{
    return human_stamp(printable(text_member(object, name)));
}

std::optional<WallTime> time_member(const rapidjson::Value &object, const char *name)
{
    const auto time = model::parse_date_time(text_member(object, name));
    return time ? std::optional(*time) : std::nullopt;
}

std::string list_words(const rapidjson::Value &object, const char *name)
{
    std::string list;
    for (const rapidjson::Value &item : list_member(object, name))
        if (item.IsString())
            list += (list.empty() ? "" : ", ") + printable(item.GetString());
    return list;
}

// When it ran and how late, how long it took, what it brought.
std::string run_words(const rapidjson::Value &outcome)
{
    const auto event = time_member(outcome, "first_event"), start = time_member(outcome, "start"),
               end = time_member(outcome, "end");
    if (!start)
        return "";
    std::string text = "; ran " + words_of(outcome, "start");
    if (event && *start > *event)
        text += ", " + human_duration((*start - *event).count()) + " after its trigger";
    if (end && *end >= *start)
        text += ", for " + human_duration((*end - *start).count());
    if (const std::uint64_t rows = number_member(outcome, "rows"); rows > 0)
        text += ", " + std::to_string(rows) + (rows == 1 ? " row" : " rows");
    if (const std::uint64_t dropped = number_member(outcome, "rows_dropped"); dropped > 0)
        text += " and " + std::to_string(dropped) + " dropped";
    return text;
}

std::string delivery_words(const rapidjson::Value &outcome)
{
    if (!outcome.HasMember("reported"))
        return "";
    if (!flag_member(outcome, "reported"))
        return flag_member(outcome, "handed") ? "; its collector refused the outcome" : "; for no collector";
    const std::string acknowledged = words_of(outcome, "acknowledged");
    if (!acknowledged.empty())
        return "; acknowledged " + acknowledged;
    return flag_member(outcome, "handed") ? "; handed to a report, not acknowledged yet" : "; waits for a report";
}

std::string plan_sentence(const rapidjson::Value &plan)
{
    const rapidjson::Value &spread = member(plan, "spread_ns");
    std::string running;
    for (const rapidjson::Value &action : list_member(plan, "actions"))
        if (text_member(action, "state") == "running")
            running += (running.empty() ? "" : ", ") + printable(text_member(action, "action")) + " since " +
                       words_of(action, "start") + " (run " + printable(text_member(action, "run")) + ")";
    std::string text = running.empty() ? "next " + words_of(plan, "due") : "runs now: " + running;
    text +=
        running.empty() ? ": its trigger " + words_of(plan, "event") : "; its trigger was " + words_of(plan, "event");
    if (spread.IsInt64() && spread.GetInt64() > 0)
        text += " and " + human_duration(spread.GetInt64()) + " of spread";
    return text;
}

// Why there is nothing to tell of the time that was asked about.
std::string nothing_sentence(const rapidjson::Value &answer)
{
    const rapidjson::Value &triggers = member(answer, "triggers");
    if (!triggers.IsObject())
        return "nothing is known of that time";
    const std::string event = "its event '" + printable(text_member(answer, "event")) + "'";
    const std::string before = words_of(triggers, "before"), after = words_of(triggers, "after");
    const std::uint64_t count = number_member(triggers, "count");
    if (count == 0)
        return event + " does not trigger then" + (before.empty() ? "" : "; it does " + before) +
               (after.empty() ? "" : (before.empty() ? "; it does " : " and ") + after);
    const std::string times =
        event + " triggers " + std::to_string(count) + (count == 1 ? " time then" : " times then");
    const auto now = time_member(answer, "now"), from = time_member(answer, "from"), to = time_member(answer, "to"),
               since = time_member(answer, "since");
    if (from && now && *from > *now)
        return times + ", which lies ahead";
    if (to && since && *to <= *since)
        return "that was before the instruction in force, since " + words_of(answer, "since") +
               "; no outcome of then is remembered here (with an AGENT the collector is asked)";
    return times + "; no outcome of then is remembered here (with an AGENT the collector is asked)";
}

void add_conditions(const rapidjson::Value &answer, std::vector<std::string> &sentences)
{
    std::string text = "starts by '" + printable(text_member(answer, "event")) + "'";
    if (const std::string by = printable(text_member(answer, "triggers_by")); !by.empty())
        text += ": " + by;
    if (const std::string end = printable(text_member(answer, "ends_by")); !end.empty())
        text += "; ends by '" + end + "'";
    if (const rapidjson::Value &duration = member(answer, "duration_ns"); duration.IsInt64())
        text += "; ends after " + human_setting(duration.GetInt64());
    sentences.push_back(std::move(text));
    if (const std::string constraints = list_words(answer, "constraints"); !constraints.empty())
        sentences.push_back("must hold when it is due: " + constraints);
    if (const std::string by = list_words(answer, "suppressed_by"); !by.empty())
        sentences.push_back("suppressed now by " + by + ": what is due meanwhile does not run");
}

} // namespace

std::string outcome_sentence(const rapidjson::Value &outcome)
{
    std::string text = words_of(outcome, "first_event");
    if (const std::uint64_t count = number_member(outcome, "count"); count > 1)
        text += " to " + words_of(outcome, "last_event") + ", " + std::to_string(count) + " runs";
    text += " " + printable(text_member(outcome, "action")) + " " + printable(text_member(outcome, "outcome"));
    const std::string blame = text_member(outcome, "blame"), message = text_member(outcome, "message");
    if (!blame.empty() && blame != "unknown")
        text += " (" + printable(blame) + ")";
    if (!message.empty())
        text += ": " + printable(message);
    return text + run_words(outcome) + delivery_words(outcome);
}

std::vector<std::string> why_sentences(const rapidjson::Value &answer, bool asked)
{
    std::vector<std::string> sentences;
    const auto outcomes = list_member(answer, "outcomes");
    for (const rapidjson::Value &outcome : outcomes)
        sentences.push_back(outcome_sentence(outcome));
    if (asked && outcomes.Empty())
        sentences.push_back(nothing_sentence(answer));
    if (!flag_member(answer, "in_force")) {
        sentences.push_back("it is not in the instruction in force since " + words_of(answer, "since"));
        return sentences;
    }
    for (const rapidjson::Value &plan : list_member(answer, "planned"))
        sentences.push_back(plan_sentence(plan));
    if (list_member(answer, "planned").Empty())
        sentences.push_back("nothing of it is planned");
    add_conditions(answer, sentences);
    return sentences;
}

} // namespace sonde::cli
