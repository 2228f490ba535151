#include "programs/controller/controller.hpp"

#include "channel/fixture.hpp"
#include "channel/lines.hpp"
#include "model/instruction_json.hpp"
#include "support/await.hpp"

#include <rapidjson/document.h>

namespace asio = boost::asio;
using namespace sonde;
using namespace sonde::channel::test;
using sonde::test::await;

namespace {

// A controller without its server: requests as they come out of one.
struct Office {
    Loop loop;
    sonde::test::TempDir dir;
    store::ControllerState state = store::ControllerState::open(dir / "controller.db").value();
    controller::Controller controller{state, loop.log};
    Uuid agent = random_uuid();

    channel::Request poll(std::string_view prefer = "", std::string_view applied = "")
    {
        channel::Request request{.path = "/restconf/data/ietf-lmap-control:lmap"};
        request.peer = channel::PeerIdentity{agent, channel::Role::agent};
        if (!prefer.empty())
            request.headers.set("Prefer", std::string(prefer));
        if (!applied.empty())
            request.headers.set("Sonde-Applied", std::string(applied));
        return request;
    }

    channel::Response ask(channel::Request request)
    {
        channel::Response response;
        loop.run([&]() -> asio::awaitable<void> {
            auto answered = co_await controller.handle(std::move(request));
            response = std::move(answered);
        }());
        return response;
    }

    store::AgentRecord record() { return await(state.agents({}, SIZE_MAX))->at(0); }
};

// A produced body and its longest piece.
std::pair<std::string, std::size_t> body_of(const channel::Response &response)
{
    std::string body;
    std::size_t longest = 0;
    for (;;) {
        const auto piece = await(response.producer());
        REQUIRE(piece);
        if (piece->empty())
            return {body, longest};
        body += *piece;
        longest = std::max(longest, piece->size());
    }
}

// A report each so many seconds, and a run, which nothing bounds, by an event.
std::string measuring_by(const std::string &event, int report_every_s)
{
    return R"({"ietf-lmap-control:lmap": {
        "tasks": {"task": [{"name": "report", "program": "report",
                            "option": [{"id": "c", "name": "collector", "value": "https://localhost:1"}]},
                           {"name": "t", "program": "t"}]},
        "events": {"event": [{"name": "regular", "periodic": {"interval": )" +
           std::to_string(report_every_s) + R"(}}, {"name": "e", )" + event + R"(}]},
        "schedules": {"schedule": [
            {"name": "report", "start": "regular", "action": [{"name": "report", "task": "report"}]},
            {"name": "s", "start": "e", "action": [{"name": "t", "task": "t", "destination": ["report"]}]}]}}})";
}

} // namespace

TEST_CASE("a controller that stops answers the polls that wait, and lets no other wait")
{
    Office it;
    std::optional<channel::Response> answer;
    asio::co_spawn(it.loop.io, it.controller.handle(it.poll("wait=100")),
                   [&](std::exception_ptr, channel::Response response) { answer = std::move(response); });
    asio::steady_timer settled(it.loop.io, 20ms);
    it.loop.run([&]() -> asio::awaitable<void> {
        co_await settled.async_wait(asio::use_awaitable);
        CHECK_FALSE(answer);
        it.controller.stop_waiting();
        co_await until(it.loop.io, [&] { return answer.has_value(); });
    }());
    CHECK(answer->status == 204);
    CHECK(it.ask(it.poll("wait=100")).status == 204);
}

TEST_CASE("the ETag that an agent says it has is kept if it is one, and else refused")
{
    Office it;
    CHECK(it.ask(it.poll("", "\"7-a\"")).status == 204);
    CHECK(it.record().applied_etag == "7-a");
    for (const std::string &wrong : {std::string("7"), std::string("\""), std::string("\"\x1b[2J\""),
                                     std::string("\"a b\""), '"' + std::string(100'000, 'x') + '"'}) {
        const auto response = it.ask(it.poll("", wrong));
        CHECK(response.status == 400);
        CHECK(response.refusal.find("Sonde-Applied") != std::string::npos);
    }
    CHECK(it.record().applied_etag == "7-a");
}

TEST_CASE(
    "an agent whose outcomes have waited for more than two reports is silent, and one that does not say is not judged")
{
    Office office;
    const std::string instruction = measuring_by(R"("random-spread": 5, "periodic": {"interval": 10})", 60);
    REQUIRE(await(office.state.set_instruction(office.agent, instruction, "op", now().wall)));
    const auto shown = [&](const std::string &accounts) {
        channel::Request poll = office.poll("wait=0");
        if (!accounts.empty())
            poll.headers.set("Sonde-Accounts", accounts);
        REQUIRE(office.ask(std::move(poll)).status == 200);
        const channel::Response list = office.ask(channel::Request{.path = "/operator/agents"});
        const std::string line = body_of(list).first;
        return line.substr(line.find("\"planned\""));
    };
    CHECK(shown("planned=12, acknowledged=9, waiting=125") == "\"planned\":12,\"acknowledged\":9,\"silent\":false}\n");
    CHECK(shown("planned=12, acknowledged=9, waiting=126") == "\"planned\":12,\"acknowledged\":9,\"silent\":true}\n");
    CHECK(shown("more=1, waiting=0,planned=12,  acknowledged=12") ==
          "\"planned\":12,\"acknowledged\":12,\"silent\":false}\n");
    CHECK(shown("") == "\"planned\":null,\"acknowledged\":null,\"silent\":null}\n");
    channel::Request wrong = office.poll("wait=0");
    wrong.headers.set("Sonde-Accounts", "planned=-1, acknowledged=2, waiting=0");
    CHECK(office.ask(std::move(wrong)).status == 400);
}

TEST_CASE("an agent that is connected and has no triggers when its instruction has shows as silent within two periods")
{
    Office office;
    const std::string instruction = measuring_by(R"("periodic": {"interval": 60})", 3600);
    REQUIRE(await(office.state.set_instruction(office.agent, instruction, "op", now().wall)));
    const std::string etag = (*await(office.state.instruction(office.agent)))->etag;
    for (const auto ago : {120s, 60s})
        REQUIRE(await(office.state.seen(office.agent, etag, now().wall - ago, store::AgentAccounts{40, 40, 0s, 40})));
    const auto shown = [&](const std::string &triggered) {
        channel::Request poll = office.poll("wait=0");
        poll.headers.set("Sonde-Accounts", "planned=40, acknowledged=40, waiting=0" + triggered);
        REQUIRE(office.ask(std::move(poll)).status == 200);
        return body_of(office.ask(channel::Request{.path = "/operator/agents"})).first;
    };
    CHECK(shown(", triggered=42").find("\"silent\":false") != std::string::npos); // both still run, or wait for that
    CHECK(shown(", triggered=40").find("\"silent\":true") != std::string::npos);
    CHECK(shown("").find("\"silent\":false") != std::string::npos);
}

TEST_CASE("a list of all agents needs the memory of a page, however many there are and whatever they sent")
{
    Office it;
    constexpr int kAgents = 2500;
    asio::io_context io;
    const std::string capabilities = R"({"sonde-lmap:input": {"version": ")" + std::string(2000, 'v') + R"("}})";
    for (int i = 0; i < kAgents; ++i)
        asio::co_spawn(io, it.state.set_capabilities(random_uuid(), capabilities, now().wall),
                       [](std::exception_ptr, Result<void>) {});
    io.run();
    channel::Request request{.path = "/operator/agents"};
    const auto [body, longest] = body_of(it.ask(request));
    CHECK(std::count(body.begin(), body.end(), '\n') == kAgents);
    CHECK(longest <= channel::kPageBytes);
    CHECK(longest < body.size());
    std::string_view first(body.data(), body.find('\n'));
    rapidjson::Document line;
    line.Parse(first.data(), first.size());
    REQUIRE_FALSE(line.HasParseError());
    CHECK(line["failures"].GetInt() == 0);
}

TEST_CASE("all failures that are kept are shown, page by page, or those of one agent")
{
    Office it;
    for (int i = 0; i < 3; ++i) {
        std::vector<model::Failure> many(400 + static_cast<std::size_t>(i),
                                         {now().wall, "report", "/p", std::string(1000, 'm')});
        for (std::uint64_t sequence = 0; sequence < many.size(); ++sequence)
            many[sequence].identity.sequence = sequence;
        REQUIRE(await(it.state.add_failures(i == 1 ? it.agent : random_uuid(), many, now().wall)));
    }
    channel::Request request{.path = "/operator/failures"};
    const auto [body, longest] = body_of(it.ask(request));
    CHECK(std::count(body.begin(), body.end(), '\n') == 1203);
    CHECK(longest < body.size());
    request.query.emplace_back("agent", to_string(it.agent));
    const auto of_one = body_of(it.ask(request)).first;
    CHECK(std::count(of_one.begin(), of_one.end(), '\n') == 401);
}
