#include "plugin_host/looks.hpp"

#include "plugin_host/hash.hpp"
#include "plugin_host/status.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <utility>

namespace sonde::plugin_host {

namespace asio = boost::asio;
namespace fs = std::filesystem;

Looks::Looks(Host &host, std::shared_ptr<Log> log) : host_(&host), log_(std::move(log)), over_(host.executor()) {}

void Looks::begin(Wanted wanted)
{
    auto look = std::make_shared<Look>();
    look->suspect = host_->load_failures(wanted.file).has_value();
    look->wanted = std::move(wanted);
    looks_[look->wanted.file] = std::move(look);
    begin_next();
}

bool Looks::may_begin(const Look &look) const
{
    return !look.begun && under_way_ < kAtOnce && (!look.suspect || suspects_ == 0);
}

void Looks::begin_next()
{
    for (const auto &[file, each] : looks_) {
        if (!may_begin(*each))
            continue;
        each->begun = true;
        ++under_way_;
        suspects_ += each->suspect ? 1 : 0;
        asio::co_spawn(host_->executor(), look(each),
                       [self = shared_from_this(), each](const std::exception_ptr &failure) {
                           if (failure)
                               each->found.definite = false;
                           self->end(*each);
                       });
    }
}

void Looks::end(Look &look)
{
    look.over = true;
    --under_way_;
    suspects_ -= look.suspect ? 1 : 0;
    over_.notify();
    // Nobody is told of one whose place another has taken.
    const auto present = looks_.find(look.wanted.file);
    if (!waiting_ && on_found && present != looks_.end() && present->second.get() == &look)
        on_found();
    begin_next();
}

asio::awaitable<void> Looks::look(std::shared_ptr<Look> look)
{
    Found &found = look->found;
    const fs::path file = look->wanted.file;
    found.state = look->wanted.state;
    found.plugin.file = file;
    found.definite = false; // should this not come to its end
    const auto described = co_await host_->describe(file);
    if (described) {
        found.definite = true;
        found.plugin.hash = described->hash;
        found.plugin.description = described->description;
        found.unfit = look->wanted.unfit;
        if (look->wanted.probing)
            co_await probe(*look);
        co_return;
    }
    if (const Result<std::string> hash = hash_file(file))
        found.plugin.hash = *hash;
    found.plugin.reason = described.error().what;
    found.definite = described.error().hint != kTransientHint;
    found.plugin.failures = host_->load_failures(file);
    if (found.plugin.failures)
        found.plugin.reason = found.plugin.failures->text();
}

asio::awaitable<void> Looks::probe(Look &look)
{
    const auto &methods = look.found.plugin.description->methods;
    look.found.unfit.resize(methods.size());
    for (std::uint32_t i = 0; i < methods.size(); ++i) {
        std::optional<std::string> &unfit = look.found.unfit[i];
        if (!methods[i].has_probe || (unfit && unfit->empty()))
            continue;
        const RunResult result = co_await host_->probe(look.wanted.file, i);
        // These say nothing of the method.
        if (result.status == kStatusNoLauncher || result.status == kStatusNotStarted)
            continue;
        std::string answer;
        if (result.status != 0)
            answer = result.message.empty() ? status_name(result.status, &methods[i]) : result.message;
        if (unfit.value_or("") != answer) {
            look.found.other_unfit = true;
            if (answer.empty())
                log_->info("method can run here method={}", methods[i].id);
            else
                log_->warn("method cannot run here method={} reason={}", methods[i].id, sonde::quoted(answer));
        }
        unfit = std::move(answer);
    }
}

bool Looks::under_way(const fs::path &file, const FileState &state) const
{
    const auto found = looks_.find(file);
    return found != looks_.end() && !found->second->over && found->second->wanted.state == state;
}

asio::awaitable<void> Looks::wait(std::chrono::steady_clock::time_point latest)
{
    const auto self = shared_from_this();
    const auto is_over = [](const auto &each) { return each.second->over; };
    waiting_ = true;
    while (!std::all_of(looks_.begin(), looks_.end(), is_over) && std::chrono::steady_clock::now() < latest)
        co_await over_.wait_until(latest);
    waiting_ = false;
}

std::vector<Looks::Found> Looks::take()
{
    std::vector<Found> all;
    for (auto each = looks_.begin(); each != looks_.end();) {
        if (each->second->over)
            all.push_back(std::move(each->second->found));
        each = each->second->over ? looks_.erase(each) : std::next(each);
    }
    return all;
}

} // namespace sonde::plugin_host
