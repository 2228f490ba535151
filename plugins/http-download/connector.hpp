#pragma once

#include "settings.hpp"

#include <sonde/event.hpp>
#include <sonde/plugin.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sonde::http_download {

/*
 * Connects to one of several addresses: tries them in order, the next one when one has failed or 250 ms have passed
 * (RFC 8305 section 5), and takes the first that answers. So one broken address family costs a quarter of a second, not
 * the run. Destroying it ends all attempts.
 */
class Connector {
public:
    struct Connected {
        plugin::Fd fd;
        sonde_ip address;
        std::int64_t duration; // ns from this attempt's SYN
    };
    struct Failed {
        int error; // errno of the last attempt
        std::string text;
    };
    using OnConnected = std::function<void(Connected)>;
    using OnFailed = std::function<void(Failed)>;
    // An attempt that leads nowhere: it may still be answered, and what it carries is to be accounted for.
    using OnGivenUp = std::function<void(plugin::Fd fd, const sonde_ip &address)>;

    // One of the first two callbacks is called, once, from the event loop, and may destroy the connector; none if the
    // run is cancelled first.
    Connector(const sonde_host &host, event_base &base, std::vector<sonde_ip> addresses, const Settings &settings,
              OnConnected on_connected, OnFailed on_failed, OnGivenUp on_given_up);
    Connector(const Connector &) = delete;
    Connector &operator=(const Connector &) = delete;
    ~Connector() { give_up_all(); }

private:
    struct Attempt {
        plugin::Fd fd;
        sonde_ip address;
        std::int64_t begun;
        std::unique_ptr<plugin::Event> event;
    };

    void try_next();
    bool begin(Attempt &attempt); // false: failed at once, failed_ says why
    void settle(Attempt *attempt);
    void give_up_all();
    void note_failure(const sonde_ip &address, int error);

    const sonde_host &host_;
    event_base &base_;
    std::vector<sonde_ip> addresses_;
    const Settings &settings_;
    OnConnected on_connected_;
    OnFailed on_failed_;
    OnGivenUp on_given_up_;
    std::size_t next_ = 0;
    std::vector<std::unique_ptr<Attempt>> attempts_; // pending
    Failed failed_ = {};
    plugin::Event timer_;
};

} // namespace sonde::http_download
