#include "lookup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sonde::agent {

namespace {

using asio::ip::tcp;

// A look-up that has begun cannot be called back, so it shares what it writes to with whoever does not wait any more.
struct LookUp {
    explicit LookUp(const asio::any_io_executor &executor) : resolver(executor), done(executor) {}

    tcp::resolver resolver;
    asio::steady_timer done;
    boost::system::error_code error = asio::error::timed_out;
    tcp::resolver::results_type found;
};

void begin(const std::shared_ptr<LookUp> &one, const std::string &name, std::uint8_t family)
{
    const auto finish = [one](const boost::system::error_code &error, tcp::resolver::results_type found) {
        one->error = error;
        one->found = std::move(found);
        one->done.cancel();
    };
    if (family == 0)
        one->resolver.async_resolve(name, "", finish);
    else
        one->resolver.async_resolve(family == 4 ? tcp::v4() : tcp::v6(), name, "", finish);
}

} // namespace

asio::awaitable<Result<std::vector<policy::NamedAddress>>> look_up(asio::any_io_executor executor,
                                                                   std::vector<std::string> names, std::uint8_t family,
                                                                   std::shared_ptr<Stopper> stopper,
                                                                   std::chrono::milliseconds patience)
{
    std::vector<policy::NamedAddress> addresses;
    for (const std::string &name : names) {
        const auto one = std::make_shared<LookUp>(executor);
        one->done.expires_after(patience);
        begin(one, name, family);
        stopper->on_stop([one] { one->done.cancel(); });
        if (!stopper->stopped())
            co_await one->done.async_wait(asio::as_tuple(asio::use_awaitable));
        stopper->on_stop({});
        if (one->error)
            co_return Error{"target " + name, "no address is known: " + one->error.message(), ""};
        for (const auto &entry : one->found) {
            // Without a link-local address's zone, which is no part of the address.
            asio::ip::address address = entry.endpoint().address();
            if (address.is_v6())
                address = asio::ip::address_v6(address.to_v6().to_bytes());
            const Result<policy::Address> read = policy::parse_address(address.to_string());
            if (!read)
                co_return read.error();
            addresses.push_back({name, *read});
        }
    }
    co_return addresses;
}

} // namespace sonde::agent
