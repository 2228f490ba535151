#include "message.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <ldns/ldns.h>

namespace sonde::dns {
namespace {

struct PacketDeleter {
    void operator()(ldns_pkt *packet) const { ldns_pkt_free(packet); }
};
struct NameDeleter {
    void operator()(ldns_rdf *name) const { ldns_rdf_deep_free(name); }
};
struct FreeDeleter {
    void operator()(void *memory) const { std::free(memory); }
};
using Packet = std::unique_ptr<ldns_pkt, PacketDeleter>;

std::string rcode_word(int rcode)
{
    const ldns_lookup_table *known = ldns_lookup_by_id(ldns_rcodes, rcode);
    return known == nullptr ? "RCODE" + std::to_string(rcode) : known->name;
}

} // namespace

std::optional<Query> make_query(const Settings &settings, const std::string &name)
{
    const std::unique_ptr<ldns_rdf, NameDeleter> parsed(ldns_dname_new_frm_str(name.c_str()));
    if (!parsed)
        return std::nullopt;
    const std::uint16_t flags = settings.recursion ? LDNS_RD : 0;
    // ldns takes the name over with the packet.
    const Packet packet(ldns_pkt_query_new(ldns_rdf_clone(parsed.get()),
                                           ldns_get_rr_type_by_name(settings.type.c_str()),
                                           ldns_get_rr_class_by_name(settings.query_class.c_str()), flags));
    if (!packet)
        return std::nullopt;
    if (settings.edns_size > 0)
        ldns_pkt_set_edns_udp_size(packet.get(), settings.edns_size);
    ldns_pkt_set_edns_do(packet.get(), settings.dnssec && settings.edns_size > 0);

    std::uint8_t *wire = nullptr;
    std::size_t size = 0;
    if (ldns_pkt2wire(&wire, packet.get(), &size) != LDNS_STATUS_OK)
        return std::nullopt;
    const std::unique_ptr<std::uint8_t, FreeDeleter> owned(wire);
    return Query{{wire, wire + size}};
}

std::optional<Answer> parse_answer(Octets received)
{
    ldns_pkt *raw = nullptr;
    if (ldns_wire2pkt(&raw, received.data(), received.size()) != LDNS_STATUS_OK)
        return std::nullopt;
    const Packet packet(raw);
    Answer answer;
    answer.rcode = rcode_word(ldns_pkt_edns_extended_rcode(raw) << 4 | ldns_pkt_get_rcode(raw));
    answer.aa = ldns_pkt_aa(raw);
    answer.tc = ldns_pkt_tc(raw);
    answer.rd = ldns_pkt_rd(raw);
    answer.ra = ldns_pkt_ra(raw);
    answer.ad = ldns_pkt_ad(raw);
    answer.answers = ldns_pkt_ancount(raw);
    answer.authorities = ldns_pkt_nscount(raw);
    answer.additionals = ldns_pkt_arcount(raw);
    const ldns_rr_list *records = ldns_pkt_answer(raw);
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
        const std::uint32_t ttl = ldns_rr_ttl(ldns_rr_list_rr(records, i));
        answer.min_ttl = std::min(answer.min_ttl.value_or(ttl), ttl);
    }
    return answer;
}

} // namespace sonde::dns
