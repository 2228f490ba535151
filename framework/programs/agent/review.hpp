#pragma once

#include "base/log.hpp"
#include "model/capabilities.hpp"
#include "plugin_host/method_check.hpp"
#include "spool/spool.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <utility>

namespace sonde::agent {

namespace asio = boost::asio;

// Holds the instruction in force against what the methods here declare, when it comes into force and when the plugins
// change: what it asks wrongly is told then, and not only when a run is due. It refuses nothing, as another version of
// a plugin may have what is asked for; a run that asks wrongly ends as failed, with the same words. Belongs to one
// thread.
class Review {
public:
    // `tell` is given what the Controller should know. Everything handed in outlives it.
    Review(spool::Spool &spool, plugin_host::FindMethod find, std::shared_ptr<Log> log,
           std::function<void(model::Failure)> tell)
        : spool_(spool), find_(std::move(find)), log_(std::move(log)), tell_(std::move(tell))
    {
    }

    // What an earlier process brought into force: that one has told.
    asio::awaitable<void> begin();
    // Something may be different. What was not wrong before is logged and told. Nothing before begin().
    asio::awaitable<void> look();

    const plugin_host::MethodFindings &findings() const { return findings_; }

private:
    asio::awaitable<plugin_host::MethodFindings> check() const;

    spool::Spool &spool_;
    plugin_host::FindMethod find_;
    std::shared_ptr<Log> log_;
    std::function<void(model::Failure)> tell_;
    plugin_host::MethodFindings findings_;
    bool begun_ = false;
};

} // namespace sonde::agent
