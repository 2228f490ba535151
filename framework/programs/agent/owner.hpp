#pragma once

#include "base/log.hpp"
#include "plugin_host/catalogue.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sonde::agent {

// What the agent answers on its owner's socket. A request is one JSON object, and so is its answer:
//   {"ask": "plugins"}                     {"plugins": [ROW, ...]}, as `sonde plugins` shows them
//   {"ask": "release", "plugin": NAME}     {"released": [FILE, ...]}
//   anything that is wrong                 {"error": {"where": TEXT, "what": TEXT, "hint": TEXT}}
class Owner {
public:
    // `look`: makes the catalogue look at once. The catalogue outlives it.
    Owner(plugin_host::Catalogue &catalogue, std::function<void()> look, std::shared_ptr<Log> log)
        : catalogue_(catalogue), look_(std::move(look)), log_(std::move(log))
    {
    }

    std::string answer(std::string_view request);

private:
    std::string plugins() const;
    std::string release(const std::string &name);

    plugin_host::Catalogue &catalogue_;
    std::function<void()> look_;
    std::shared_ptr<Log> log_;
};

} // namespace sonde::agent
