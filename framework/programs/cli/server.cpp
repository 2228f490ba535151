#include "programs/cli/server.hpp"

#include "channel/client.hpp"
#include "programs/cli/answer_row.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <filesystem>

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
    explicit Lines(const TakeLine &line) : line_(line) {}

    // An error ends the stream: enough() if no more is wanted, else problem() says what is wrong with it.
    Result<void> take(std::string_view piece)
    {
        rest_ += piece;
        std::size_t begin = 0;
        for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
            const Result<bool> more = line_(std::string_view(rest_).substr(begin, end - begin));
            if (!more)
                return stop(more.error());
            enough_ = !*more;
            if (enough_)
                return Error{"", "enough", ""};
        }
        rest_.erase(0, begin);
        if (rest_.size() > kLineBytesMax)
            return stop({"", "a line is longer than " + std::to_string(kLineBytesMax) + " bytes", ""});
        return {};
    }

    bool enough() const { return enough_; }
    bool cut() const { return !rest_.empty() && !enough_; }
    const std::optional<Error> &problem() const { return problem_; }

private:
    Error stop(Error problem)
    {
        problem_ = problem;
        return problem;
    }

    const TakeLine &line_;
    std::string rest_;
    bool enough_ = false;
    std::optional<Error> problem_;
};

// A certificate that one of the two refuses is no matter of reaching the server.
Failure unanswered(const Error &error)
{
    const bool certificate =
        error.what.find("TLS") != std::string::npos &&
        (error.what.find("certificate") != std::string::npos || error.what.find("unknown ca") != std::string::npos);
    return {error, certificate ? kRefused : kNothingRan};
}

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
    State()
    {
        signals.async_wait([this](const boost::system::error_code &error, int) {
            interrupted = !error;
            signals.clear(); // a second one ends us at once
        });
    }

    asio::io_context loop{1};
    asio::signal_set signals{loop, SIGINT, SIGTERM};
    bool interrupted = false;
    std::string url;
    std::unique_ptr<channel::Client> client;

    // Runs one exchange to its end, or abandons it: its coroutine then goes with the loop.
    Result<channel::Response> wait(asio::awaitable<Result<channel::Response>> exchange)
    {
        const auto answer = std::make_shared<std::optional<Result<channel::Response>>>();
        if (!interrupted)
            asio::co_spawn(loop, std::move(exchange), [answer](std::exception_ptr error, auto response) {
                if (error)
                    std::rethrow_exception(error);
                answer->emplace(std::move(response));
            });
        while (!*answer && !interrupted)
            loop.run_one();
        if (!*answer)
            return Error{"", "interrupted", ""};
        return std::move(**answer);
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
    if (std::error_code error; !std::filesystem::is_directory(words.identity, error) &&
                               (!error || error == std::errc::no_such_file_or_directory))
        return Failure{{"--identity or $SONDE_IDENTITY", "there is no folder '" + words.identity + "'", ""}, kUsage};
    auto identity = channel::load_identity(words.identity);
    if (!identity)
        return Failure{identity.error(), kRefused};
    auto state = std::make_unique<State>();
    state->url = channel::to_string(*url);
    state->client = std::make_unique<channel::Client>(
        state->loop.get_executor(), channel::ClientOptions{.server = *url, .identity = *identity, .server_role = role});
    return ServerConnection(std::move(state));
}

std::optional<Failure> ServerConnection::get_lines(std::string path, Parameters parameters, const TakeLine &line)
{
    const auto lines = std::make_shared<Lines>(line);
    channel::Request request;
    request.path = std::move(path);
    request.query = std::move(parameters);
    auto response = state_->wait(state_->client->stream(
        std::move(request), kDeadline, [lines](std::string_view piece) { return lines->take(piece); }));
    if (lines->enough() || state_->interrupted)
        return {};
    if (lines->problem() && lines->problem()->where.empty())
        return Failure{{state_->url, "its answer is not to be used: " + lines->problem()->what, ""}, kNothingRan};
    if (lines->problem())
        return Failure{*lines->problem(), kUsage};
    if (!response)
        return unanswered(response.error());
    if (response->status != 200)
        return failure_of(state_->url, *response);
    if (lines->cut())
        return Failure{{state_->url, "its answer ends in the middle of a line", ""}, kNothingRan};
    return {};
}

boost::system::result<std::optional<std::string>, Failure> ServerConnection::get(std::string path)
{
    channel::Request request;
    request.path = std::move(path);
    auto response = state_->wait(state_->client->request(std::move(request), kDeadline));
    if (!response)
        return unanswered(response.error());
    if (response->status == 404)
        return std::optional<std::string>();
    if (response->status != 200)
        return failure_of(state_->url, *response);
    return std::optional(std::move(response->body));
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
        return unanswered(response.error());
    if (response->status >= 300)
        return failure_of(state_->url, *response);
    return std::string(response->headers.get("ETag").value_or(""));
}

bool ServerConnection::interrupted() const
{
    return state_->interrupted;
}

} // namespace sonde::cli
