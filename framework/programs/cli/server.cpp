#include "programs/cli/server.hpp"

#include "base/id.hpp"
#include "channel/client.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <rapidjson/document.h>

#include <exception>

namespace sonde::cli {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kDeadline{60};

std::string role_option(channel::Role role)
{
    return role == channel::Role::controller ? "controller" : "collector";
}

// What a status says to a person, and to a script.
Failure failure_of(const std::string &where, const channel::Response &response)
{
    const std::string reason = channel::reason_of(response);
    if (response.status == 401 || response.status == 403)
        return {{where, reason}, kRefused};
    if (response.status >= 400 && response.status < 500)
        return {{"", reason}, kUsage};
    return {{where, std::to_string(response.status) + " " + reason}, kNothingRan};
}

// Cuts a streamed body into lines.
class Lines {
public:
    explicit Lines(std::function<bool(std::string_view)> line) : line_(std::move(line)) {}

    Result<void> take(std::string_view piece)
    {
        rest_ += piece;
        std::size_t begin = 0;
        for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1)
            if (!line_(std::string_view(rest_).substr(begin, end - begin)))
                return Error{"", "enough", ""};
        rest_.erase(0, begin);
        return {};
    }

private:
    std::function<bool(std::string_view)> line_;
    std::string rest_;
};

} // namespace

void add_server_words(CLI::App &app, ServerWords &words, channel::Role role)
{
    const std::string name = role_option(role);
    const std::string variable = role == channel::Role::controller ? "SONDE_CONTROLLER" : "SONDE_COLLECTOR";
    app.add_option("--" + name, words.url, "the " + name + ", https://HOST:PORT (default: $" + variable + ")")
        ->envname(variable);
    app.add_option("--identity", words.identity, "an operator's identity, a folder (default: $SONDE_IDENTITY)")
        ->envname("SONDE_IDENTITY");
}

struct ServerConnection::State {
    asio::io_context loop{1};
    std::string url;
    std::unique_ptr<channel::Client> client;

    // Runs one exchange to its end.
    Result<channel::Response> wait(asio::awaitable<Result<channel::Response>> exchange)
    {
        std::optional<Result<channel::Response>> answer;
        asio::co_spawn(loop, std::move(exchange), [&](std::exception_ptr error, Result<channel::Response> response) {
            if (error)
                std::rethrow_exception(error);
            answer.emplace(std::move(response));
        });
        loop.restart();
        while (!answer)
            loop.run_one();
        return std::move(*answer);
    }
};

ServerConnection::ServerConnection(std::unique_ptr<State> state) : state_(std::move(state)) {}
ServerConnection::ServerConnection(ServerConnection &&) noexcept = default;
ServerConnection::~ServerConnection() = default;

boost::system::result<ServerConnection, Failure> ServerConnection::open(const ServerWords &words, channel::Role role)
{
    const std::string name = role_option(role);
    if (words.url.empty())
        return Failure{{"--" + name, "which " + name + "?",
                        "give --" + name + " https://HOST:PORT or set $SONDE_" +
                            (name == "controller" ? "CONTROLLER" : "COLLECTOR")},
                       kUsage};
    if (words.identity.empty())
        return Failure{{"--identity", "as whom?", "give --identity FOLDER or set $SONDE_IDENTITY"}, kUsage};
    auto url = channel::parse_url(words.url);
    if (!url)
        return Failure{url.error(), kUsage};
    if (!url->tls)
        return Failure{{"--" + name, "'" + words.url + "' is not encrypted", "https://HOST:PORT"}, kUsage};
    auto identity = channel::load_identity(words.identity);
    if (!identity)
        return Failure{identity.error(), kRefused};
    auto state = std::make_unique<State>();
    state->url = channel::to_string(*url);
    state->client = std::make_unique<channel::Client>(
        state->loop.get_executor(), channel::ClientOptions{.server = *url, .identity = *identity, .server_role = role});
    return ServerConnection(std::move(state));
}

std::optional<Failure> ServerConnection::get_lines(std::string path, Parameters parameters,
                                                   std::function<bool(std::string_view)> line)
{
    bool enough = false;
    Lines lines([&](std::string_view text) { return !(enough = !line(text)); });
    channel::Request request;
    request.path = std::move(path);
    request.query = std::move(parameters);
    auto response = state_->wait(state_->client->stream(std::move(request), kDeadline,
                                                        [&](std::string_view piece) { return lines.take(piece); }));
    if (enough)
        return {};
    if (!response)
        return Failure{response.error(), kNothingRan};
    if (response->status != 200)
        return failure_of(state_->url, *response);
    return {};
}

boost::system::result<std::string, Failure> ServerConnection::put(std::string path, std::string document)
{
    channel::Request request;
    request.method = "PUT";
    request.path = std::move(path);
    request.headers.set("Content-Type", std::string(channel::kYangJson));
    request.body = std::move(document);
    auto response = state_->wait(state_->client->request(std::move(request), kDeadline));
    if (!response)
        return Failure{response.error(), kNothingRan};
    if (response->status >= 300)
        return failure_of(state_->url, *response);
    return std::string(response->headers.get("ETag").value_or(""));
}

boost::system::result<std::vector<std::string>, Failure> choose_agents(ServerConnection &server,
                                                                       const std::string &sentence)
{
    if (parse_uuid(sentence))
        return std::vector<std::string>{to_string(*parse_uuid(sentence))};
    std::vector<std::string> chosen;
    auto failed = server.get_lines("/operator/agents", {}, [&](std::string_view line) {
        rapidjson::Document agent;
        agent.Parse(line.data(), line.size());
        if (!agent.IsObject() || !agent.HasMember("agent") || !agent["agent"].IsString())
            return true;
        const std::string id = agent["agent"].GetString();
        if (sentence == "all" || id.starts_with(sentence))
            chosen.push_back(id);
        return true;
    });
    if (failed)
        return *failed;
    if (chosen.empty())
        return Failure{{"", "no agent is known whose id begins with '" + sentence + "'",
                        "`sonde agents` lists them; an unknown one needs its whole id"},
                       kNothingRan};
    if (sentence != "all" && chosen.size() > 1)
        return Failure{{"", "'" + sentence + "' is the beginning of " + std::to_string(chosen.size()) + " agents' ids",
                        "write more of it, or `all`"},
                       kUsage};
    return chosen;
}

std::optional<Failure> restrict_to_agents(Parameters &parameters, ServerConnection &server, const std::string &sentence)
{
    if (sentence.empty() || sentence == "all")
        return {};
    const auto chosen = choose_agents(server, sentence);
    if (!chosen)
        return chosen.error();
    for (const std::string &agent : *chosen)
        parameters.emplace_back("agent", agent);
    return {};
}

} // namespace sonde::cli
