#include "lookup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace sonde::agent {

namespace {

using Addresses = Result<std::vector<policy::NamedAddress>>;

policy::Address mapped(const frames::Ip &ip)
{
    if (ip.family == 6)
        return {ip.bytes};
    policy::Address address{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};
    std::copy_n(ip.bytes.begin(), 4, address.bytes.begin() + 12);
    return address;
}

KnownAddresses addresses_of_hop(const std::string &name, unsigned number, const plugin_host::Network &network)
{
    hops::Traffic traffic;
    std::vector<policy::NamedAddress> addresses;
    for (const frames::Ip &hop : hops::find_hops(number, {network.interface, network.family, network.source}, traffic))
        addresses.push_back({name, mapped(hop), hop.interface});
    if (addresses.empty())
        return {Error{"", "no router has told itself by an ICMP error", ""}, traffic};
    return {std::move(addresses), traffic};
}

Addresses addresses_of_host(const std::string &name, const plugin_host::Network &network)
{
    using asio::ip::tcp;
    asio::io_context unused;
    tcp::resolver resolver(unused);
    boost::system::error_code error;
    const auto found = network.family == 0
                           ? resolver.resolve(name, "", error)
                           : resolver.resolve(network.family == 4 ? tcp::v4() : tcp::v6(), name, "", error);
    if (error)
        return Error{"", error.message(), ""};
    std::vector<policy::NamedAddress> addresses;
    for (const auto &entry : found) {
        // Without a link-local address's zone, which is no part of the address.
        asio::ip::address address = entry.endpoint().address();
        if (address.is_v6())
            address = asio::ip::address_v6(address.to_v6().to_bytes());
        const Result<policy::Address> read = policy::parse_address(address.to_string());
        if (!read)
            return read.error();
        addresses.push_back({name, *read});
    }
    return addresses;
}

} // namespace

KnownAddresses resolve(const std::string &name, const plugin_host::Network &network)
{
    if (const auto hop = hops::parse_hop(name))
        return addresses_of_hop(name, *hop, network);
    return {addresses_of_host(name, network)};
}

std::vector<frames::KnownName> known_hops(std::span<const policy::NamedAddress> addresses)
{
    std::vector<frames::KnownName> known;
    for (const policy::NamedAddress &named : addresses) {
        if (!hops::parse_hop(named.name))
            continue;
        frames::Ip ip{6, named.address.bytes, named.scope};
        if (named.address.is_v4()) {
            ip = {4, {}, 0};
            std::copy_n(named.address.bytes.begin() + 12, 4, ip.bytes.begin());
        }
        known.push_back({named.name, ip});
    }
    return known;
}

// One name. A call that has begun cannot be called back, so its thread does not share this with whoever waits.
struct Lookup::One {
    One(const asio::any_io_executor &executor, std::string what, plugin_host::Network where)
        : name(std::move(what)), network(std::move(where)), done(executor)
    {
    }

    std::string name;
    plugin_host::Network network;
    asio::steady_timer done;
    std::optional<KnownAddresses> found{};
};

struct Lookup::Threads : std::enable_shared_from_this<Threads> {
    Threads(asio::any_io_executor loop, Resolve how) : executor(std::move(loop)), resolve(std::move(how)) {}

    void begin(const std::shared_ptr<One> &one)
    {
        if (running < kThreads)
            start(one);
        else
            waiting.push_back(one);
    }

    void start(const std::shared_ptr<One> &one)
    {
        try {
            std::thread(&Threads::call, shared_from_this(), std::weak_ptr(one), one->name, one->network).detach();
            ++running;
        } catch (const std::system_error &error) {
            answer(one, {Error{"", error.what(), ""}});
        }
    }

    // On a thread of its own.
    void call(std::weak_ptr<One> one, std::string name, plugin_host::Network network)
    {
        KnownAddresses found = resolve(name, network);
        const std::lock_guard lock(door);
        if (!closed)
            asio::post(executor, [self = shared_from_this(), one = std::move(one), found = std::move(found)]() mutable {
                self->finished(one.lock(), std::move(found));
            });
    }

    void finished(const std::shared_ptr<One> &one, KnownAddresses found)
    {
        --running;
        if (one)
            answer(one, std::move(found));
        while (running < kThreads && !waiting.empty()) {
            const std::shared_ptr<One> next = waiting.front().lock();
            waiting.pop_front();
            if (next)
                start(next);
        }
    }

    static void answer(const std::shared_ptr<One> &one, KnownAddresses found)
    {
        one->found = std::move(found);
        one->done.cancel();
    }

    const asio::any_io_executor executor;
    const Resolve resolve;
    unsigned running = 0;
    std::deque<std::weak_ptr<One>> waiting{};
    std::mutex door{}; // the loop may be gone when a call returns
    bool closed = false;
};

Lookup::Lookup(asio::any_io_executor executor, Resolve resolve)
    : threads_(std::make_shared<Threads>(std::move(executor), std::move(resolve)))
{
}

Lookup::~Lookup()
{
    const std::lock_guard lock(threads_->door);
    threads_->closed = true;
}

asio::awaitable<KnownAddresses> Lookup::look_up(std::vector<std::string> names, plugin_host::Network network,
                                                std::shared_ptr<Stopper> stopper, std::chrono::milliseconds patience)
{
    KnownAddresses known{std::vector<policy::NamedAddress>()};
    for (const std::string &name : names) {
        const auto one = std::make_shared<One>(threads_->executor, name, network);
        one->done.expires_after(patience);
        threads_->begin(one);
        stopper->on_stop([one] { one->done.cancel(); });
        if (!one->found && !stopper->stopped())
            co_await one->done.async_wait(asio::as_tuple(asio::use_awaitable));
        stopper->on_stop({});
        if (one->found) {
            known.traffic.sent_bytes += one->found->traffic.sent_bytes;
            known.traffic.received_bytes += one->found->traffic.received_bytes;
        }
        if (!one->found || !one->found->addresses) {
            const std::string why = one->found ? one->found->addresses.error().what : "no answer in time";
            known.addresses = Error{"target " + name, "no address is known: " + why, ""};
            break;
        }
        const std::vector<policy::NamedAddress> &more = *one->found->addresses;
        known.addresses->insert(known.addresses->end(), more.begin(), more.end());
    }
    co_return known;
}

} // namespace sonde::agent
