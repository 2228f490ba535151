#pragma once

#include "base/log.hpp"
#include "owner_view.hpp"
#include "plugin_host/catalogue.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sonde::agent {

// What the agent answers on its owner's socket. A request is one JSON object, and so is its answer:
//   {"ask": "plugins"}                     {"plugins": [ROW, ...]}, as `sonde plugins` shows them
//   {"ask": "release", "plugin": NAME}     {"released": [FILE, ...]}
//   {"ask": "status"}                      how things are, as `sonde status` shows it
//   {"ask": "state"}                       {"ietf-lmap-control:lmap": {...}}: the same as RFC 8194 has it
//   {"ask": "why", "schedule": NAME, "from": TIME, "to": TIME}   what `sonde why` explains; the times may be left out
//   {"ask": "trace", "run": BEGINNING}     what is known of a run here
//   anything that is wrong                 {"error": {"where": TEXT, "what": TEXT, "hint": TEXT}}
class Owner {
public:
    // `look`: makes the catalogue look at once. Catalogue and view outlive it.
    Owner(plugin_host::Catalogue &catalogue, OwnerView &view, std::function<void()> look, std::shared_ptr<Log> log)
        : catalogue_(catalogue), view_(view), look_(std::move(look)), log_(std::move(log))
    {
    }

    // `request` lives until the answer is there.
    asio::awaitable<std::string> answer(std::string_view request);

private:
    std::string plugins() const;
    std::string release(const std::string &name);
    asio::awaitable<std::string> why(const std::string &schedule, const std::string &from, const std::string &to);

    plugin_host::Catalogue &catalogue_;
    OwnerView &view_;
    std::function<void()> look_;
    std::shared_ptr<Log> log_;
};

} // namespace sonde::agent
