#include "templates.hpp"

#include <sonde/plugin.hpp>

namespace sonde::dns {

Templates::Templates(const Settings &settings, const Plan &plan, std::size_t servers, const Random &random)
    : settings_(settings), plan_(plan), random_(random), cookies_(servers)
{
    if (settings.cookies) {
        for (auto &cookie : cookies_) {
            cookie.resize(kClientCookieBytes);
            random(cookie.data(), cookie.size());
        }
    }
    // A name that is none is told before anything is sent.
    for (std::size_t question = 0; question < plan.questions().size(); ++question)
        template_of(0, question);
}

const Query &Templates::template_of(std::size_t server, std::size_t question)
{
    const auto [place, is_new] = templates_.try_emplace({server, question});
    if (!is_new)
        return place->second;
    Settings settings = settings_;
    settings.unique = settings_.unique && !plan_.is_identity(question);
    auto query = make_query(settings, plan_.questions()[question], cookies_[server]);
    if (!query)
        throw plugin::Failure{kBadOption, "'" + plan_.questions()[question].name + "' is not a domain name"};
    return place->second = std::move(*query);
}

Query Templates::fresh(std::size_t server, std::size_t question)
{
    Query query = template_of(server, question);
    freshen(query, settings_.mixed_case, random_);
    return query;
}

void Templates::learn(std::size_t server, const Query &query, const Answer &answer)
{
    if (!settings_.cookies || answer.cookie.size() <= kClientCookieBytes || answer.cookie == cookies_[server] ||
        !cookie_fits(query, answer))
        return;
    cookies_[server] = answer.cookie;
    std::erase_if(templates_, [server](const auto &one) { return one.first.first == server; });
}

} // namespace sonde::dns
