#include "programs/collector/collector.hpp"

#include "channel/fixture.hpp"
#include "model/outcomes.hpp"
#include "model/report_json.hpp"
#include "store/store_support.hpp"

namespace asio = boost::asio;
using namespace sonde;
using namespace sonde::channel::test;
using sonde::test::await;

namespace {

struct Office {
    Loop loop;
    sonde::test::TempDir dir;
    store::Repository repository = sonde::test::open_repository(dir / "collector.db");
    collector::Collector collector{repository, loop.log};

    channel::Response ask(channel::Request request)
    {
        channel::Response response;
        loop.run([&]() -> asio::awaitable<void> {
            auto answered = co_await collector.handle(std::move(request));
            response = std::move(answered);
        }());
        return response;
    }

    // The lines of an operator's query, and the longest piece that they came in.
    std::pair<std::size_t, std::size_t> lines(const std::string &path, const std::string &limit = "")
    {
        channel::Request request{.path = "/operator/" + path};
        if (!limit.empty())
            request.query.emplace_back("limit", limit);
        const auto response = ask(request);
        REQUIRE(response.producer);
        std::size_t lines = 0;
        std::size_t longest = 0;
        for (;;) {
            const auto piece = await(response.producer());
            REQUIRE(piece);
            if (piece->empty())
                return {lines, longest};
            lines += static_cast<std::size_t>(std::count(piece->begin(), piece->end(), '\n'));
            longest = std::max(longest, piece->size());
        }
    }
};

model::Outcome outcome(int number)
{
    model::Outcome one;
    one.run = random_uuid();
    one.schedule = "s" + std::to_string(number);
    one.action = one.task = "a";
    one.message = std::string(1000, 'm');
    return one;
}

} // namespace

TEST_CASE("answers of any length come in pieces of a bounded size, each line once")
{
    constexpr int kMany = 2500;
    Office it;
    std::vector<model::Outcome> outcomes;
    for (int i = 0; i < kMany; ++i)
        outcomes.push_back(outcome(i));
    sonde::test::put(it.repository, random_uuid(),
                     {model::outcomes_result(outcomes, {sonde::test::kEpoch, 1}, random_uuid(), now().wall)});
    model::Table wide{"t", {}, {{"x", "string", "", {}}}, {}};
    for (int i = 0; i < 30; ++i)
        wide.rows.push_back({std::string(40'000, 'x')});
    sonde::test::put(it.repository, random_uuid(), {sonde::test::result_of(2, {wide}, "wide")});
    for (int i = 0; i < 20; ++i)
        sonde::test::put(it.repository, random_uuid(), {});

    // A piece ends behind the line that makes it large.
    constexpr std::size_t kLongest = 2 * channel::kPageBytes + 100'000;
    for (const auto &[path, lines] : std::map<std::string, std::size_t>{
             {"outcomes", kMany}, {"outcome-sums", kMany}, {"results", kMany + 30}, {"agents", 22}}) {
        INFO(path);
        const auto [found, longest] = it.lines(path);
        CHECK(found == lines);
        CHECK(longest <= kLongest);
    }
    CHECK(it.lines("outcomes", "1001").first == 1001);
    CHECK(it.lines("results", "7").first == 7);
}

TEST_CASE("each row of results names the version and the file of the plugin that made it")
{
    Office it;
    sonde::test::put(it.repository, random_uuid(), {sonde::test::result_of(1, {sonde::test::packet_table(1)})});
    const auto response = it.ask({.path = "/operator/results"});
    REQUIRE(response.producer);
    const auto line = await(response.producer());
    CHECK(line.value().find(R"("method":"ping","plugin_version":"1.2.3","plugin_hash":"3f9a",)") != std::string::npos);
}

TEST_CASE("each row of results names what overlapped its run [A9]")
{
    Office it;
    auto result = sonde::test::result_of(1, {sonde::test::packet_table(1)});
    result.conflicts = {{"often", "ping", "t"}, {"watch", "", "u"}};
    sonde::test::put(it.repository, random_uuid(), {result});
    const auto response = it.ask({.path = "/operator/results"});
    REQUIRE(response.producer);
    const auto line = await(response.producer());
    CHECK(line.value().find(R"("conflict":[{"schedule":"often","action":"ping","task":"t"},)"
                            R"({"schedule":"watch","action":"","task":"u"}],)") != std::string::npos);
}

TEST_CASE("an agent that invents tables without end is told so, and nothing of that report is stored")
{
    Office it;
    const auto report_with = [](std::uint64_t sequence, std::size_t first, std::size_t count) {
        std::vector<model::ReportedResult> results;
        for (std::size_t i = first; i < first + count; ++i) {
            const model::Table table{"t", {}, {{"x" + std::to_string(i), "int", "", {}}}, {{"1"}}};
            results.push_back(sonde::test::result_of(sequence++, {table}, "grows"));
            results.back().plugin_hash = std::string(64, 'a');
        }
        return sonde::test::report_of(std::move(results));
    };
    const Uuid agent = random_uuid();
    const auto send = [&](const Uuid &from, const model::Report &report) {
        channel::Request request{.method = "POST", .path = "/restconf/operations/ietf-lmap-report:report"};
        request.peer = channel::PeerIdentity{from, channel::Role::agent};
        request.body = model::write_report(report);
        return it.ask(request);
    };
    CHECK(send(agent, report_with(1, 0, 999)).status == 204);
    const auto refused = send(agent, report_with(2000, 999, 2));
    CHECK(refused.status == 422);
    CHECK(refused.refusal.find("/ietf-lmap-report:input/result[2]/table[1]: ") == 0);
    CHECK(refused.refusal.find("at most 1000") != std::string::npos);
    CHECK(it.lines("results").first == 999);
    CHECK(send(agent, report_with(3000, 0, 3)).status == 204);
    CHECK(send(agent, report_with(4000, 999, 1)).status == 204);
    CHECK(send(agent, report_with(5000, 1000, 1)).status == 422);
    CHECK(send(random_uuid(), report_with(1, 1000, 1)).status == 204);
}
