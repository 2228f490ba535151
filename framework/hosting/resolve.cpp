#include "hosting/resolve.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace sonde::hosting {

namespace {

// Shared with the thread that asks: getaddrinfo cannot be stopped, only left behind.
struct Lookup {
    std::string name;
    addrinfo hints{};
    addrinfo *list = nullptr;
    int error = EAI_AGAIN;
    sonde_addresses hops{}; // in place of the list, of a name that means one
    hops::Traffic traffic{};
    // A pipe whose one end the thread closes when it is done: a run that captures may not write to anything new.
    frames::Descriptor done, asking;

    Lookup()
    {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0)
            throw std::system_error(errno, std::generic_category());
        done.reset(ends[0]);
        asking.reset(ends[1]);
    }
    ~Lookup()
    {
        if (list != nullptr)
            ::freeaddrinfo(list);
    }
};

addrinfo hints_for(std::uint32_t family, int flags)
{
    addrinfo hints{};
    hints.ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM; // any one type, else each address comes once a type
    hints.ai_flags = flags;
    return hints;
}

sonde_ip to_ip(const addrinfo &info)
{
    sonde_ip ip{};
    if (info.ai_family == AF_INET) {
        const auto *address = reinterpret_cast<const sockaddr_in *>(info.ai_addr);
        ip.family = 4;
        std::memcpy(ip.bytes, &address->sin_addr, 4);
    } else if (info.ai_family == AF_INET6) {
        const auto *address = reinterpret_cast<const sockaddr_in6 *>(info.ai_addr);
        ip.family = 6;
        ip.interface = address->sin6_scope_id;
        std::memcpy(ip.bytes, &address->sin6_addr, 16);
    }
    return ip;
}

std::int32_t take(const addrinfo *list, sonde_addresses &found)
{
    for (; list != nullptr && found.count < SONDE_ADDRESSES_MAX; list = list->ai_next)
        if (const sonde_ip ip = to_ip(*list); ip.family != 0)
            found.items[found.count++] = ip;
    return found.count > 0 ? 0 : EAI_NONAME;
}

void add_address(const frames::Ip &address, sonde_addresses &found)
{
    if (found.count == SONDE_ADDRESSES_MAX)
        return;
    sonde_ip &ip = found.items[found.count++];
    ip.family = address.family;
    ip.interface = address.interface;
    std::memcpy(ip.bytes, address.bytes.data(), address.bytes.size());
}

int find_hops(unsigned number, const hops::WayOut &way, sonde_addresses &found, hops::Traffic &traffic)
{
    for (const frames::Ip &router : hops::find_hops(number, way, traffic))
        add_address(router, found);
    return found.count > 0 ? 0 : EAI_NONAME;
}

} // namespace

std::int32_t resolve(const std::string &name, const frames::Invoke &run, const Cancel &cancel, sonde_addresses &found,
                     hops::Traffic &traffic)
{
    found = {};
    const auto hop = hops::parse_hop(name);
    for (const frames::KnownName &known : run.known_names)
        if (known.name == name || (hop && hops::parse_hop(known.name) == hop))
            add_address(known.address, found);
    if (found.count > 0)
        return 0;
    std::shared_ptr<Lookup> lookup;
    try {
        lookup = std::make_shared<Lookup>();
    } catch (const std::system_error &) {
        return EAI_MEMORY;
    }
    lookup->name = name;
    // A literal needs neither a server nor a thread.
    lookup->hints = hints_for(run.family, AI_NUMERICHOST);
    lookup->error = ::getaddrinfo(name.c_str(), nullptr, &lookup->hints, &lookup->list);
    if (lookup->error == 0)
        return take(lookup->list, found);
    if (lookup->error != EAI_NONAME)
        return lookup->error;
    lookup->hints = hints_for(run.family, 0);
    try {
        std::thread([lookup, hop, way = hops::WayOut{run.interface, run.family, run.source}] {
            lookup->error = hop ? find_hops(*hop, way, lookup->hops, lookup->traffic)
                                : ::getaddrinfo(lookup->name.c_str(), nullptr, &lookup->hints, &lookup->list);
            lookup->asking.reset();
        }).detach();
    } catch (const std::system_error &) {
        return EAI_MEMORY;
    }
    if (cancel.wait_until(INT64_MAX, lookup->done.get()))
        return EAI_AGAIN;
    traffic.sent_bytes += lookup->traffic.sent_bytes;
    traffic.received_bytes += lookup->traffic.received_bytes;
    if (lookup->error == 0 && lookup->hops.count > 0) {
        found = lookup->hops;
        return 0;
    }
    return lookup->error == 0 ? take(lookup->list, found) : lookup->error;
}

} // namespace sonde::hosting
