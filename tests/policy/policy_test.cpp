#include "policy/policy.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace sonde;
using namespace sonde::policy;

namespace {

Policy policy_of(const std::string &text)
{
    const auto policy = read_policy(text, "policy.json");
    REQUIRE(policy);
    return *policy;
}

Policy usual()
{
    return policy_of(R"({"bytes-per-day": 1000, "concurrency": 2,
        "targets": {"allow": ["127.0.0.0/8", "::1/128", "*.example.org"], "deny": ["127.0.0.53", "bad.example.org"]},
        "plugins": {"allow": ["ping", "http-*"]}})");
}

Request request_to(std::vector<std::string> targets)
{
    Request request;
    request.method = "ping";
    request.targets = std::move(targets);
    request.declared_bytes = 100;
    return request;
}

std::string error_of(const std::string &text)
{
    const auto policy = read_policy(text, "policy.json");
    REQUIRE_FALSE(policy);
    return to_string(policy.error());
}

} // namespace

TEST_CASE("a request within all limits is allowed [G2]")
{
    const Verdict verdict = usual().judge(request_to({"127.0.0.1", "www.example.org", "http://[::1]:80/"}));
    CHECK(verdict.allowed);
    CHECK(verdict.reason.empty());
}

TEST_CASE("a target outside the allowed ones is refused with both in the reason [G2]")
{
    CHECK(usual().judge(request_to({"127.0.0.1", "203.0.113.9"})).reason ==
          "target 203.0.113.9 is outside the allowed targets (/targets/allow of the local policy)");
    CHECK(usual().judge(request_to({"http://WWW.EXAMPLE.COM./x"})).reason ==
          "target www.example.com is outside the allowed targets (/targets/allow of the local policy)");
}

TEST_CASE("no spelling of a denied target is allowed [G2]")
{
    for (const char *target :
         {"127.0.0.53", "127.0.0.53:80", "::ffff:127.0.0.53", "[::ffff:7f00:35]:80", "bad.example.org",
          "BAD.Example.org.", "http://bad.example.org:80/", "http://127.0.0.53/", "0177.0.0.065", "2130706485",
          "127.53", "http://www.example.org@127.0.0.53/"}) {
        const Verdict verdict = usual().judge(request_to({target}));
        INFO(target);
        CHECK_FALSE(verdict);
        CHECK_FALSE(verdict.reason.empty());
    }
    CHECK(usual().judge_target("127.0.0.53").reason ==
          "target 127.0.0.53 is among the denied targets (/targets/deny/0 of the local policy)");
}

TEST_CASE("a denied IPv4 address is denied inside a translated one as well [G2]")
{
    const Policy policy = policy_of(R"({"bytes-per-day": 1, "concurrency": 1,
        "targets": {"allow": ["::/0"], "deny": ["10.0.0.0/8"]}})");
    CHECK(policy.judge_target("2001:db8::1"));
    CHECK_FALSE(policy.judge_target("64:ff9b::a00:1"));
    CHECK_FALSE(policy.judge_target("2002:a00:1::"));
    CHECK_FALSE(policy.judge_target("10.0.0.1"));
}

TEST_CASE("an allowed name's address must not be denied, nobody's, or in a local network that is not allowed [G2]")
{
    const Policy policy = policy_of(R"({"bytes-per-day": 1000, "concurrency": 1,
        "targets": {"allow": ["*.example.org", "192.168.7.0/24"], "deny": ["203.0.113.0/24"]}})");
    Request request = request_to({"www.example.org"});
    const auto reason = [&](const char *address) {
        request.addresses = {{"www.example.org", *parse_address("198.51.100.1")},
                             {"www.example.org", *parse_address(address)}};
        return policy.judge(request).reason;
    };
    CHECK(reason("2001:db8::1") == "");
    CHECK(reason("192.168.7.1") == "");
    CHECK(reason("203.0.113.9") == "target www.example.org has an address that is among the denied targets "
                                   "(/targets/deny/0 of the local policy)");
    CHECK(reason("64:ff9b::cb00:7109") != "");
    CHECK(reason("0.0.0.0") == "target www.example.org has an address that is in 0.0.0.0/8, this machine");
    CHECK(reason("192.168.8.1") ==
          "target www.example.org has an address that is in 192.168.0.0/16, a private network, "
          "and outside the allowed targets (/targets/allow of the local policy)");
    CHECK(policy.judge(request).address == parse_address("192.168.8.1").value());
    for (const char *address : {"127.0.0.1", "::1", "10.1.2.3", "172.31.0.1", "169.254.1.1", "fe80::1", "fd00::1",
                                "100.64.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"})
        CHECK(reason(address) != "");
    for (const char *address : {"172.32.0.1", "100.128.0.1", "11.0.0.1", "2606:4700::1"})
        CHECK(reason(address) == "");
}

TEST_CASE("a method that sends and names no target runs only where the owner lists it [G2]")
{
    Request request;
    request.method = "probe";
    request.active = true;
    CHECK(usual().judge(request).reason == "method probe is not allowed here");
    const auto with = [](const std::string &plugins) {
        return policy_of(R"({"bytes-per-day": 1000, "concurrency": 1, "targets": {"allow": ["*", "0.0.0.0/0"]})" +
                         plugins + "}");
    };
    CHECK(with("").judge(request).reason ==
          "method probe sends traffic and names no target that could be judged; the policy may list it as untargeted");
    CHECK_FALSE(with(R"(, "plugins": {"allow": ["*"], "untargeted": ["ping"]})").judge(request));
    CHECK(with(R"(, "plugins": {"allow": ["*"], "untargeted": ["pro*"]})").judge(request));
    request.active = false;
    CHECK(with("").judge(request));
}

TEST_CASE("a policy that allows all addresses still sends nothing to everybody or nobody [G2]")
{
    const Policy policy = policy_of(R"({"bytes-per-day": 1, "concurrency": 1,
        "targets": {"allow": ["0.0.0.0/0", "::/0", "*"]}})");
    for (const char *target : {"0.0.0.0", "255.255.255.255", "224.0.0.1", "ff02::1", "::"})
        CHECK_FALSE(policy.judge_target(target));
}

TEST_CASE("the day's bytes are kept, whatever a run declares [G2]")
{
    Request request = request_to({});
    request.used_bytes = 900;
    CHECK(usual().judge(request));
    request.declared_bytes = 101;
    request.now = std::chrono::sys_days{std::chrono::year{2026} / 12 / 30} + std::chrono::hours(12);
    CHECK(usual().judge(request).reason == "the local policy has 100 of the day's 1000 bytes left, and this may need "
                                           "101; there is more from 2026-12-31T00:00:00Z");
    request.declared_bytes = UINT64_MAX;
    CHECK_FALSE(usual().judge(request));
    request.used_bytes = UINT64_MAX;
    CHECK_FALSE(usual().judge(request));
    request.declared_bytes = 0;
    CHECK(usual().judge(request));
    request.declared_bytes.reset();
    CHECK(usual().judge(request).reason ==
          "the local policy has 0 of the day's 1000 bytes left; there is more from 2026-12-31T00:00:00Z");
    request.used_bytes = 999;
    CHECK(usual().judge(request));
    // Nobody gets what another one may still use.
    request.used_bytes = 300;
    request.promised_bytes = 500;
    request.declared_bytes = 200;
    CHECK(usual().judge(request));
    request.declared_bytes = 201;
    CHECK(usual().judge(request).reason ==
          "the local policy has 200 of the day's 1000 bytes left beside what runs under way may use, and this may need "
          "201; there is more from 2026-12-31T00:00:00Z");
    request.declared_bytes.reset();
    CHECK(usual().judge(request));
    request.promised_bytes = 5000;
    CHECK_FALSE(usual().judge(request));
}

TEST_CASE("what limits bytes beside the owner's word is judged with it, and says when there is more [A7]")
{
    const WallTime tomorrow{std::chrono::sys_days{std::chrono::year{2026} / 12 / 31}};
    const WallTime next_month{std::chrono::sys_days{std::chrono::year{2027} / 1 / 1}};
    const ByteLimit day{"the data budget", "day", 900, 850, tomorrow, 0};
    const ByteLimit month{"the data budget", "month", 5000, 4900, next_month, 0};
    ByteLimit bucket{"the data budget", "", 1000, 900, {}, 10};
    Request request = request_to({});
    request.declared_bytes = 50;
    request.limits = {day, month, bucket};
    CHECK(usual().judge(request));
    request.declared_bytes = 51;
    CHECK(usual().judge(request).reason == "the data budget has 50 of the day's 900 bytes left, and this may need 51; "
                                           "there is more from 2026-12-31T00:00:00Z");
    request.declared_bytes.reset(); // it has not said, and may begin while anything is left
    CHECK(usual().judge(request));
    request.declared_bytes = 101;
    request.limits = {month};
    CHECK(usual().judge(request).reason == "the data budget has 100 of the month's 5000 bytes left, and this may need "
                                           "101; there is more from 2027-01-01T00:00:00Z");
    request.limits = {bucket};
    request.declared_bytes = 150;
    CHECK(usual().judge(request).reason ==
          "the data budget has 100 of 1000 bytes at the moment, and this may need 150; there is enough in 5 s");
    bucket.used = 1100;
    request.limits = {bucket};
    request.declared_bytes.reset();
    CHECK(usual().judge(request).reason ==
          "the data budget has 0 of 1000 bytes at the moment; there is enough in 11 s");
    request.declared_bytes = 0; // it sends nothing
    CHECK(usual().judge(request));
    bucket.bytes = 500;
    CHECK(refusal(bucket, 501, 0) == "this may need 501 bytes, more than the data budget has at once, 500 bytes");
    CHECK(refusal(day, 901, 0) == "this may need 901 bytes, more than the data budget has in a day, 900 bytes");
    CHECK(left(day, 20) == 30);
    CHECK(left(bucket, 0) == 0);
}

TEST_CASE("what runs is stopped at each limit, with its numbers [A7]")
{
    CHECK_FALSE(exceeded({"the data budget", "month", 5000, 5000, {}, 0}));
    CHECK(exceeded({"the data budget", "month", 5000, 5001, {}, 0}) ==
          "stopped at the month's limit of the data budget: 5000 bytes");
    CHECK(exceeded({"the data budget", "", 1000, 1001, {}, 10}) ==
          "stopped at the rate of the data budget: 10 bytes a second, 1000 bytes at once");
}

TEST_CASE("no more runs than allowed go on at the same time [G2]")
{
    Request request = request_to({});
    request.running = 1;
    CHECK(usual().judge(request));
    request.running = 2;
    CHECK(usual().judge(request).reason == "2 running, and 2 allowed at the same time");
}

TEST_CASE("only the methods that the owner allows run [G2]")
{
    Request request = request_to({});
    request.method = "http-download";
    CHECK(usual().judge(request));
    request.method = "dns";
    CHECK(usual().judge(request).reason == "method dns is not allowed here");
    request.method = "";
    CHECK_FALSE(usual().judge(request));
}

TEST_CASE("rules for plugins that name no methods allow all of them, and an empty list none [G2]")
{
    const auto with = [](const std::string &plugins) {
        return policy_of(R"({"bytes-per-day": 1000, "concurrency": 1, "targets": {"allow": []}, "plugins": )" +
                         plugins + "}");
    };
    CHECK(with("{}").judge(request_to({})));
    const Policy policy =
        with(R"({"require-signature": true, "trusted-keys": ["11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]})");
    CHECK(policy.requires_signature());
    CHECK(policy.judge(request_to({})));
    CHECK(with(R"({"allow": []})").judge(request_to({})).reason == "method ping is not allowed here");
}

TEST_CASE("without a policy nothing is allowed, and the reason says so [G4]")
{
    const Policy policy = Policy::deny_all("policy.json: cannot be read");
    CHECK(policy.denies_all());
    CHECK(policy.judge({}).reason == "the local policy refuses everything: policy.json: cannot be read");
    CHECK_FALSE(policy.judge_target("127.0.0.1"));
}

TEST_CASE("a policy with anything missing, unknown or out of range is refused as a whole [G4]")
{
    CHECK(error_of("") == "policy.json: not JSON, at byte 0: The document is empty.");
    CHECK(error_of("[]") == "policy.json: /: must be an object");
    CHECK(error_of("{}") == "policy.json: /bytes-per-day: missing (there is no default)");
    CHECK(error_of(R"({"bytes-per-day": 1})") == "policy.json: /concurrency: missing (there is no default)");
    CHECK(error_of(R"({"bytes-per-day": 1, "concurrency": 1})") ==
          "policy.json: /targets: missing (there is no default)");
    CHECK(error_of(R"({"bytes-per-day": 1, "concurrency": 1, "targets": {}})") ==
          "policy.json: /targets/allow: missing (there is no default)");
    CHECK(error_of(R"({"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": []}, "byte-per-day": 2})") ==
          "policy.json: /byte-per-day: unknown key (known here: bytes-per-day, concurrency, targets, plugins, "
          "isolation)");
    CHECK(error_of(R"({"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": [], "denny": []}})") ==
          "policy.json: /targets/denny: unknown key (known here: allow, deny)");
    CHECK(error_of(R"({"bytes-per-day": 1, "bytes-per-day": 2, "concurrency": 1, "targets": {"allow": []}})") ==
          "policy.json: /bytes-per-day: given twice");
    for (const char *bytes : {"-1", "1.5", "\"1\"", "null", "true", "1e3", "18446744073709551616"})
        CHECK(error_of(R"({"concurrency": 1, "targets": {"allow": []}, "bytes-per-day": )" + std::string(bytes) + "}")
                  .find("/bytes-per-day: must be a whole number from 0 to") != std::string::npos);
    CHECK(error_of(R"({"bytes-per-day": 1, "concurrency": 5000000000, "targets": {"allow": []}})") ==
          "policy.json: /concurrency: must be a whole number from 0 to 1000");
    CHECK(error_of(R"({"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": ["::1", 7]}})") ==
          "policy.json: /targets/allow/1: must be a text");
    CHECK(error_of(R"({"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": ["::1", "192.0.2.1/24"]}})") ==
          "policy.json: /targets/allow/1: '192.0.2.1/24' has bits set behind its prefix (the range is 192.0.2.0/24)");
    CHECK(error_of(R"({"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": "*"}})") ==
          "policy.json: /targets/allow: must be a list of at most 10000 texts");
    CHECK(error_of(R"({"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": []}, "plugins": {"allow": "*"}})") ==
          "policy.json: /plugins/allow: must be a list of at most 10000 texts");
    CHECK(error_of(R"({"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": []}} {})").find("not JSON") !=
          std::string::npos);
}

TEST_CASE("hostile nesting and size cost nothing [G4]")
{
    CHECK_FALSE(read_policy(std::string(900'000, '['), "policy.json"));
    CHECK_FALSE(read_policy(std::string(2'000'000, ' '), "policy.json"));
}

TEST_CASE("an empty list of allowed targets allows only what sends nothing [G4]")
{
    const Policy policy = policy_of(R"({"bytes-per-day": 1000, "concurrency": 1, "targets": {"allow": []}})");
    CHECK(policy.judge(request_to({})));
    CHECK(policy.judge(request_to({"::1"})).reason ==
          "target ::1 is outside the allowed targets (/targets/allow of the local policy)");
}

TEST_CASE("every policy in examples/ is good")
{
    std::size_t policies = 0;
    for (const auto &entry : std::filesystem::directory_iterator(EXAMPLES)) {
        if (!entry.path().filename().string().starts_with("policy"))
            continue; // an instruction, which `sonde validate` reads
        INFO(entry.path());
        std::ifstream file(entry.path());
        policy_of(std::string(std::istreambuf_iterator<char>(file), {}));
        ++policies;
    }
    CHECK(policies > 0);
}

TEST_CASE("comments are allowed, and the example is a good policy")
{
    std::ifstream file(EXAMPLES "/policy.json");
    REQUIRE(file);
    const Policy policy = policy_of(std::string(std::istreambuf_iterator<char>(file), {}));
    CHECK(policy.bytes_per_day() == 10'000'000'000);
    CHECK(policy.concurrency() == 4);
    CHECK(policy.judge_target("192.0.2.1"));
    CHECK_FALSE(policy.judge_target("192.0.2.254"));
}

TEST_CASE("a policy may say which methods get which privilege")
{
    const auto with = [](const std::string &rules) {
        return R"({"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": []}, "plugins": {"allow": ["*"])" +
               rules + "}}";
    };
    Request wanted;
    wanted.method = "passive-syn";
    wanted.declared_bytes = 0;
    wanted.privileges = {"icmp", "capture"};
    CHECK(policy_of(with("")).judge(wanted));
    CHECK(policy_of(with(R"(, "privileges": {"icmp": ["*"], "capture": ["passive-*"]})")).judge(wanted));
    const Policy policy = policy_of(with(R"(, "privileges": {"icmp": ["ping", "passive-syn"]})"));
    CHECK(policy.grants("ping", "icmp"));
    CHECK_FALSE(policy.grants("ping", "capture"));
    CHECK(policy.judge(wanted).reason == "method passive-syn needs the privilege capture, which /plugins/privileges of "
                                         "the local policy does not give it");
    CHECK_FALSE(Policy::deny_all("it is missing").grants("ping", "icmp"));
    CHECK(error_of(with(R"(, "privileges": {"root": ["ping"]})")).find("/plugins/privileges/root: unknown key") !=
          std::string::npos);
    CHECK(error_of(with(R"(, "privileges": ["icmp"])")).find("/plugins/privileges: must be an object") !=
          std::string::npos);
    CHECK(error_of(with(R"(, "privileges": {"icmp": [1]})")).find("/plugins/privileges/icmp/0: must be a text") !=
          std::string::npos);
}

TEST_CASE("a policy may want strict isolation")
{
    const auto with = [](const std::string &word) {
        return R"({"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": []}, "isolation": )" + word + "}";
    };
    CHECK(policy_of(with("\"strict\"")).strict_isolation());
    CHECK_FALSE(policy_of(with("\"best\"")).strict_isolation());
    CHECK(error_of(with("\"most\"")).find("/isolation: must be \"strict\" or \"best\"") != std::string::npos);
    CHECK(error_of(with("true")).find("/isolation: must be") != std::string::npos);
}

TEST_CASE("a policy may ask for signatures, and then names whose")
{
    const auto with = [](const std::string &rules) {
        return R"({"bytes-per-day": 1, "concurrency": 1, "targets": {"allow": []}, "plugins": {"allow": ["*"])" +
               rules + "}}";
    };
    const std::string key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    CHECK_FALSE(policy_of(with("")).requires_signature());
    const Policy strict = policy_of(with(R"(, "require-signature": true, "trusted-keys": [")" + key + "\"]"));
    CHECK(strict.requires_signature());
    CHECK(strict.trusted_keys() == std::vector<std::string>{key});
    CHECK(error_of(with(R"(, "require-signature": true)")).find("/plugins/trusted-keys: missing") != std::string::npos);
    CHECK(error_of(with(R"(, "require-signature": "yes")")).find("must be true or false") != std::string::npos);
    for (const std::string &bad : {key.substr(1), key + "=", std::string(44, '='), std::string(43, '*') + "="})
        CHECK(
            error_of(with(R"(, "trusted-keys": [")" + bad + "\"]")).find("/plugins/trusted-keys/0: is no public key") !=
            std::string::npos);
}
