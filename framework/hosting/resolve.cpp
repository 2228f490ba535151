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

struct FreeList {
    void operator()(addrinfo *list) const { ::freeaddrinfo(list); }
};

struct Answer {
    int error = EAI_AGAIN;
    std::unique_ptr<addrinfo, FreeList> list{};
    sonde_addresses hops{}; // in place of the list, of a name that means one
    hops::Traffic traffic{};
};

// Shared with the thread that asks: getaddrinfo cannot be stopped, only left behind.
struct Lookup {
    Answer answer;
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
};

Answer ask(const std::string &name, std::uint32_t family, int flags)
{
    addrinfo hints{};
    hints.ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM; // any one type, else each address comes once a type
    hints.ai_flags = flags;
    Answer answer;
    addrinfo *list = nullptr;
    answer.error = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
    answer.list.reset(answer.error == 0 ? list : nullptr);
    return answer;
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

void add_address(const frames::Ip &address, sonde_addresses &found)
{
    if (found.count == SONDE_ADDRESSES_MAX)
        return;
    sonde_ip &ip = found.items[found.count++];
    ip.family = address.family;
    ip.interface = address.interface;
    std::memcpy(ip.bytes, address.bytes.data(), address.bytes.size());
}

Answer find_hops(unsigned number, const hops::WayOut &way)
{
    Answer answer;
    for (const frames::Ip &router : hops::find_hops(number, way, answer.traffic))
        add_address(router, answer.hops);
    answer.error = 0;
    return answer;
}

std::int32_t take(const Answer &answer, sonde_addresses &found)
{
    found = answer.hops;
    for (const addrinfo *one = answer.list.get(); one != nullptr && found.count < SONDE_ADDRESSES_MAX;
         one = one->ai_next)
        if (const sonde_ip ip = to_ip(*one); ip.family != 0)
            found.items[found.count++] = ip;
    return answer.error != 0 ? answer.error : found.count > 0 ? 0 : EAI_NONAME;
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
    // A literal needs neither a server nor a thread.
    if (const Answer literal = ask(name, run.family, AI_NUMERICHOST); literal.error != EAI_NONAME)
        return take(literal, found);
    std::shared_ptr<Lookup> lookup;
    try {
        lookup = std::make_shared<Lookup>();
        std::thread([lookup, name, hop, way = hops::WayOut{run.interface, run.family, run.source}] {
            lookup->answer = hop ? find_hops(*hop, way) : ask(name, way.family, 0);
            lookup->asking.reset();
        }).detach();
    } catch (const std::system_error &) {
        return EAI_MEMORY;
    }
    if (cancel.wait_until(INT64_MAX, lookup->done.get()))
        return EAI_AGAIN;
    traffic.sent_bytes += lookup->answer.traffic.sent_bytes;
    traffic.received_bytes += lookup->answer.traffic.received_bytes;
    return take(lookup->answer, found);
}

} // namespace sonde::hosting
