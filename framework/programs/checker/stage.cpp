#include "programs/checker/stage.hpp"

#include "frames/text.hpp"
#include "plugin_host/option_value.hpp"
#include "plugin_host/options.hpp"
#include "plugin_host/text.hpp"
#include "programs/checker/net_space.hpp"

#include <algorithm>

namespace sonde::checker {

namespace {

constexpr std::int64_t kQuickNs = 250'000'000;

// Whether the option takes this text.
bool takes(const frames::OptionDescription &option, const std::string &text)
{
    return static_cast<bool>(plugin_host::read_value(option, text));
}

// The first text that the option takes; empty if it takes none of them.
std::string first_taken(const frames::OptionDescription &option, const std::vector<std::string> &texts)
{
    const auto found =
        std::find_if(texts.begin(), texts.end(), [&](const std::string &text) { return takes(option, text); });
    return found == texts.end() ? "" : *found;
}

std::string sample_string(const frames::OptionDescription &option)
{
    const auto bound = [](const std::optional<std::string> &text, std::int64_t otherwise) {
        const auto read = plugin_host::parse_size(text.value_or(""));
        return static_cast<std::size_t>(read ? std::clamp<std::int64_t>(*read, 0, 4096) : otherwise);
    };
    std::string text = "sonde.example";
    text.resize(
        std::clamp(text.size(), bound(option.minimum, 0), std::max<std::size_t>(bound(option.maximum, 4096), 1)), 'x');
    return text;
}

// Something of the option's type that makes sense here.
std::string sample_value(const frames::OptionDescription &option, std::uint16_t port)
{
    const std::string smallest = option.minimum.value_or("");
    switch (option.type) {
    case SONDE_HOST:
    case SONDE_ADDRESS:
        return "127.0.0.1";
    case SONDE_URL:
        return "http://127.0.0.1:" + std::to_string(port) + "/";
    case SONDE_PORT:
        return first_taken(option, {std::to_string(port), smallest, option.maximum.value_or("")});
    case SONDE_ENUM:
        return option.words.front();
    case SONDE_BOOL:
        return "true";
    case SONDE_STRING:
        return sample_string(option);
    case SONDE_DURATION:
        return first_taken(option, {"250ms", smallest, option.maximum.value_or("")});
    default:
        return first_taken(option, {"1", smallest, option.maximum.value_or("")});
    }
}

// A shorter duration than the default, if the default is long.
std::string quick_value(const frames::OptionDescription &option)
{
    if (option.type != SONDE_DURATION || option.list || !option.default_value)
        return "";
    const auto standard = plugin_host::parse_duration(*option.default_value);
    if (!standard || *standard <= kQuickNs)
        return "";
    return first_taken(option, {plugin_host::duration_text(kQuickNs), option.minimum.value_or("")});
}

bool is_host_option(const std::string &name)
{
    return name == "interface" || name == "source" || name == "family";
}

} // namespace

Result<Stage> Stage::set(const Subject &subject, Manners manners)
{
    const Result<void> entered = enter_net_space();
    if (manners == Manners::silent || manners == Manners::deaf)
        silence_echoes();
    Result<Peer> peer = Peer::start(manners, subject.seed);
    if (!peer)
        return peer.error();
    Result<Opened> opened = open_plugin(subject.plugin);
    if (!opened)
        return opened.error();
    if (!frames::findings(opened->description).empty() || !plugin_host::check_texts(opened->description) ||
        !missing_extensions(opened->description).empty())
        return Error{"", "the host refuses its description", ""};
    return Stage(subject, entered ? "" : to_string(entered.error()), std::move(*peer), std::move(*opened));
}

Choices Stage::choices(std::size_t index, Pace pace) const
{
    const frames::MethodDescription &described = method(index);
    Choices choices;
    for (const frames::OptionDescription &option : described.options) {
        std::string value;
        if (option.required || option.type == SONDE_PORT)
            value = sample_value(option, peer_.port());
        else if (pace == Pace::quick)
            value = quick_value(option);
        if (!value.empty())
            choices[option.id] = value;
    }
    if ((described.flags & SONDE_NEEDS_INTERFACE) != 0)
        choices["interface"] = "lo";
    Choices given;
    for (const std::string &word : subject_.words) {
        const std::size_t equals = word.find('=');
        if (equals == word.npos)
            continue;
        const std::string name = word.substr(0, equals);
        const bool known = is_host_option(name) || std::any_of(described.options.begin(), described.options.end(),
                                                               [&](const auto &option) { return option.id == name; });
        if (!known)
            continue; // another method's
        std::string &text = given[name];
        text += (text.empty() ? "" : ",") + word.substr(equals + 1);
    }
    given.merge(choices);
    return given;
}

Result<Order> Stage::order(std::size_t index, const Choices &choices) const
{
    std::vector<model::Option> options;
    for (const auto &[name, text] : choices)
        options.push_back({name, name, text});
    auto arguments = plugin_host::read_options(method(index), options);
    if (!arguments.value)
        return arguments.errors.front();
    Order order;
    order.assignment.method = static_cast<std::uint32_t>(index);
    order.invoke.invocation = 1;
    order.invoke.method = order.assignment.method;
    order.invoke.values = std::move(arguments.value->values);
    order.invoke.family = arguments.value->network.family;
    order.invoke.interface = arguments.value->network.interface;
    order.invoke.interface_index = arguments.value->network.interface_index;
    order.invoke.source = arguments.value->network.source;
    for (const std::string &name : method(index).parameters)
        order.invoke.parameters.push_back({name, "100 Mbit/s"});
    order.privileges = method(index).privileges;
    order.fresh = frames::runs_cold(opened_.description);
    return order;
}

std::string options_complaint(const frames::Description &description, const std::vector<std::string> &words)
{
    for (const std::string &word : words) {
        const std::size_t equals = std::min(word.find('='), word.size() - 1);
        const std::string name = word.substr(0, equals);
        const std::string text = word.substr(equals + 1);
        bool known = is_host_option(name);
        for (const frames::MethodDescription &method : description.methods)
            for (const frames::OptionDescription &option : method.options) {
                if (option.id != name)
                    continue;
                known = true;
                if (const auto read = plugin_host::read_value(option, text); !read)
                    return to_string(read.error());
            }
        if (!known)
            return "no method has an option '" + name + "'";
    }
    return "";
}

bool asks_somebody(const frames::MethodDescription &method)
{
    return std::any_of(method.options.begin(), method.options.end(), [](const frames::OptionDescription &option) {
        return option.target || option.type == SONDE_HOST || option.type == SONDE_URL;
    });
}

Complaint judge_conduct(const Outcome &outcome, const std::string &with)
{
    if (outcome.end == Outcome::End::stuck)
        return fail("run() " + in_words(outcome) + with);
    if (!outcome.alive())
        return crash("run() " + in_words(outcome) + with);
    if (!outcome.undeclared.empty())
        return fail(outcome.undeclared + with + ", which is no status of the method");
    if (!outcome.odd_row.empty())
        return fail(frames::readable(outcome.odd_row, 300) + with);
    if (!outcome.bad_text.empty())
        return fail(outcome.bad_text + with + " is no line of UTF-8");
    if (outcome.silent_failure || (outcome.status > 0 && outcome.message.empty()))
        return fail("failed with " + std::to_string(outcome.status) + with + " and said nothing");
    return std::nullopt;
}

Complaint incomplete(const Outcome &outcome)
{
    if (outcome.alive() && outcome.status == 0)
        return std::nullopt;
    return skipped("the run does not complete here: it " + in_words(outcome));
}

Verdict judge_methods(const Subject &subject, const std::string &good, const JudgeMethod &judge, Manners manners)
{
    const Result<Stage> stage = Stage::set(subject, manners);
    if (!stage)
        return skipped(to_string(stage.error()));
    Verdict verdict = pass(good);
    for (std::size_t i = 0; i < stage->methods(); ++i) {
        Complaint complaint = judge(*stage, i);
        if (!complaint)
            continue;
        if (stage->methods() > 1)
            complaint->text = stage->method(i).id + ": " + complaint->text;
        // A method that cannot be judged says nothing of the others.
        const bool passes = complaint->status == Status::pass;
        if (!passes && complaint->status != Status::skipped)
            return *complaint;
        if (!passes || verdict.status == Status::pass)
            verdict = *complaint;
    }
    return verdict;
}

JudgeMethod with_order(std::function<Complaint(const Stage &, std::size_t, Order)> judge, Pace pace)
{
    return [judge = std::move(judge), pace](const Stage &stage, std::size_t method) -> Complaint {
        Result<Order> order = stage.order(method, stage.choices(method, pace));
        if (!order)
            return skipped(to_string(order.error()));
        return judge(stage, method, std::move(*order));
    };
}

Verdict judge_runs(const Subject &subject, const std::string &good,
                   const std::function<Complaint(const Outcome &, const frames::MethodDescription &)> &judge,
                   std::uint32_t flags)
{
    const auto judge_outcome = [&](const Stage &stage, std::size_t method, Order order) -> Complaint {
        order.assignment.flags = flags;
        return judge(stage.run(std::move(order)), stage.method(method));
    };
    return judge_methods(subject, good, with_order(judge_outcome));
}

} // namespace sonde::checker
