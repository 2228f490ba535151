#include "channel/authority.hpp"
#include "programs/cli/moment.hpp"
#include "programs/cli/verb.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>
#include <optional>

namespace sonde::cli {

namespace {

struct IssueWords {
    std::string role;
    std::string authority;
    std::string out;
    std::string id;
    std::vector<std::string> hosts;
    int days = 825;
    std::string until;
};

int init(Console &console, const std::string &directory, int days)
{
    const Result<void> made = channel::create_authority(directory, std::chrono::days(days));
    if (!made)
        return fail(console, made.error(), input_status(made.error()));
    console.say("certificate authority made in " + printable(directory) + "; keep ca-key.pem to yourself");
    return kDone;
}

int issue(Console &console, const IssueWords &words)
{
    const Result<channel::Role> role = channel::parse_role(words.role);
    if (!role)
        return fail(console, role.error(), kUsage);
    if (channel::is_server(*role) && words.hosts.empty())
        return fail(console,
                    {"--host",
                     "missing: clients accept a " + words.role + " only by a name or address in its certificate",
                     "give --host NAME for each"},
                    kUsage);
    channel::Issue what;
    what.role = *role;
    what.hosts = words.hosts;
    what.validity = std::chrono::days(words.days);
    if (!words.until.empty()) {
        const Result<Moment> until = parse_moment(words.until, now().wall);
        if (!until)
            return fail(console, {"--until", until.error().what, until.error().hint}, kUsage);
        what.not_after = std::chrono::floor<std::chrono::seconds>(until->begin);
    }
    if (!words.id.empty()) {
        const Result<Uuid> id = parse_uuid(words.id);
        if (!id)
            return fail(console, {"--id", id.error().what, id.error().hint}, kUsage);
        what.id = *id;
    }
    const Result<Uuid> issued = channel::issue_identity(words.authority, words.out, what);
    if (!issued)
        return fail(console, issued.error(), input_status(issued.error()));
    // The one thing that a script wants to know of it: an agent's MA-ID.
    console.out(to_string(*issued) + "\n");
    console.say(words.role + " identity written to " + printable(words.out));
    return kDone;
}

} // namespace

Verb add_ca(CLI::App &sonde)
{
    const auto directory = std::make_shared<std::string>();
    const auto days = std::make_shared<int>(3650);
    const auto words = std::make_shared<IssueWords>();
    CLI::App *ca = sonde.add_subcommand("ca", "Make the organisation's certificate authority and issue identities");
    ca->require_subcommand(1);
    ca->footer(examples({"sonde ca init /etc/sonde/ca", "sonde ca issue agent --ca /etc/sonde/ca --out home-17"}));

    CLI::App *init_app = ca->add_subcommand("init", "Make a new authority: ca.pem and ca-key.pem");
    init_app->add_option("DIR", *directory, "where to; made if missing, never overwritten")->required();
    init_app->add_option("--days", *days, "how long its certificate is valid (default 3650)")
        ->check(CLI::Range(1, 36500));
    init_app->footer(examples({"sonde ca init /etc/sonde/ca"}));

    CLI::App *issue_app = ca->add_subcommand("issue", "Issue an identity (ca.pem, cert.pem, key.pem) and print its id");
    issue_app->add_option("ROLE", words->role, "agent, controller, collector, operator or peer")->required();
    issue_app->add_option("--ca", words->authority, "the authority's directory")->required();
    issue_app->add_option("--out", words->out, "where to; made if missing, never overwritten")->required();
    issue_app->add_option("--id", words->id, "the UUID, for an agent its MA-ID (default: a random one)");
    issue_app
        ->add_option("--host", words->hosts,
                     "a name or address by which clients reach it; may be repeated, and a server needs one")
        ->allow_extra_args(false);
    CLI::Option *days_option = issue_app->add_option("--days", words->days, "how long it is valid (default 825)");
    days_option->check(CLI::Range(1, 36500));
    issue_app
        ->add_option("--until", words->until,
                     "valid until this time: 2027-01-31T00:00Z, 2027-01-31; may be past, for tests")
        ->excludes(days_option);
    issue_app->footer(examples({"sonde ca issue controller --ca /etc/sonde/ca --out controller --host lmap.example.net",
                                "sonde ca issue agent --ca /etc/sonde/ca --out home-17"}));

    return {ca, [=](Console &console) {
                return init_app->parsed() ? init(console, *directory, *days) : issue(console, *words);
            }};
}

} // namespace sonde::cli
