#include "resolvers.hpp"

#include "support/catch.hpp"

#include <sonde/address.hpp>

using namespace sonde::dns;

namespace {

std::string texts_of(std::string_view file)
{
    std::string texts;
    for (const sonde_ip &ip : name_servers_in(file))
        texts += (texts.empty() ? "" : " ") + sonde::plugin::text_of(ip);
    return texts;
}

std::string stub_named(const std::string &address)
{
    return stub_at(*sonde::plugin::parse_ip(address));
}

} // namespace

TEST_CASE("name servers are read as the C library reads them")
{
    CHECK(texts_of("# nameserver 192.0.2.9\nsearch example.test\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 # why\n"
                   "nameservers 192.0.2.8\nnameserver nonsense\noptions edns0") == "192.0.2.1 2001:db8::1");
    CHECK(texts_of("nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n") ==
          "192.0.2.1 192.0.2.2 192.0.2.3");
    CHECK(texts_of("") == "127.0.0.1");
    CHECK(texts_of("nameserver") == "127.0.0.1");
}

TEST_CASE("a zone tells the interface")
{
    const auto found = name_servers_in("nameserver fe80::1%lo\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].interface == 1);
}

TEST_CASE("a resolver on this host is a stub, and that of systemd is named")
{
    CHECK(stub_named("127.0.0.53") == "systemd-resolved");
    CHECK(stub_named("127.0.0.54") == "systemd-resolved");
    CHECK(stub_named("127.0.0.1") == "local resolver");
    CHECK(stub_named("127.1.0.53") == "local resolver");
    CHECK(stub_named("::1") == "local resolver");
    CHECK(stub_named("192.0.2.53") == "");
    CHECK(stub_named("2001:db8::1") == "");
}
