#include "question.hpp"

#include <sonde/address.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <ldns/ldns.h>

namespace sonde::dns {
namespace {

constexpr std::size_t kNameAt = 12;
constexpr std::uint16_t kNsid = 3, kCookie = 10; // EDNS options

struct QueryDeleter {
    void operator()(ldns_pkt *packet) const { ldns_pkt_free(packet); }
};
struct NameDeleter {
    void operator()(ldns_rdf *name) const { ldns_rdf_deep_free(name); }
};
struct FreeDeleter {
    void operator()(void *memory) const { std::free(memory); }
};

void add_option(std::vector<std::uint8_t> &options, std::uint16_t code, Octets data)
{
    for (const std::size_t number : {std::size_t{code}, data.size()}) {
        options.push_back(static_cast<std::uint8_t>(number >> 8));
        options.push_back(static_cast<std::uint8_t>(number & 0xff));
    }
    options.insert(options.end(), data.begin(), data.end());
}

bool is_letter(std::uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

} // namespace

bool is_address(const std::string &name)
{
    const std::string host =
        name.starts_with('[') ? name.substr(1, name.find(']') - 1) : name.substr(0, name.rfind(':'));
    return plugin::parse_ip(name) || plugin::parse_ip(host);
}

std::string Query::label() const
{
    if (!has_label)
        return {};
    const auto begin = wire.begin() + kNameAt + 1;
    return {begin, begin + kLabelBytes};
}

std::optional<Query> make_query(const Settings &settings, const Question &question, Octets cookie)
{
    const std::string name = settings.unique ? std::string(kLabelBytes, 'x') + "." + question.name : question.name;
    const std::unique_ptr<ldns_rdf, NameDeleter> parsed(ldns_dname_new_frm_str(name.c_str()));
    if (!parsed)
        return std::nullopt;
    const std::uint16_t flags = settings.recursion ? LDNS_RD : 0;
    // ldns takes the name over with the packet.
    const std::unique_ptr<ldns_pkt, QueryDeleter> packet(
        ldns_pkt_query_new(ldns_rdf_clone(parsed.get()), ldns_get_rr_type_by_name(question.type.c_str()),
                           ldns_get_rr_class_by_name(question.query_class.c_str()), flags));
    if (!packet)
        return std::nullopt;
    if (settings.edns_size > 0) {
        ldns_pkt_set_edns_udp_size(packet.get(), settings.edns_size);
        ldns_pkt_set_edns_do(packet.get(), settings.dnssec);
        std::vector<std::uint8_t> options;
        if (settings.identify)
            add_option(options, kNsid, {});
        if (!cookie.empty())
            add_option(options, kCookie, cookie);
        if (!options.empty())
            ldns_pkt_set_edns_data(packet.get(),
                                   ldns_rdf_new_frm_data(LDNS_RDF_TYPE_NONE, options.size(), options.data()));
    }

    std::uint8_t *wire = nullptr;
    std::size_t size = 0;
    if (ldns_pkt2wire(&wire, packet.get(), &size) != LDNS_STATUS_OK)
        return std::nullopt;
    const std::unique_ptr<std::uint8_t, FreeDeleter> owned(wire);
    Query query;
    query.wire.assign(wire, wire + size);
    query.has_label = settings.unique;
    query.cookie.assign(cookie.begin(), cookie.end());
    return query;
}

void freshen(Query &query, bool mixed_case, const Random &random)
{
    std::uint16_t id = 0;
    random(&id, sizeof id);
    query.set_id(id);
    freshen_name(query.wire, query.has_label, mixed_case, random);
}

void freshen_name(std::span<std::uint8_t> wire, bool has_label, bool mixed_case, const Random &random)
{
    if (has_label) {
        std::uint8_t drawn[kLabelBytes];
        random(drawn, sizeof drawn);
        std::transform(std::begin(drawn), std::end(drawn), wire.begin() + kNameAt + 1,
                       [](std::uint8_t byte) { return static_cast<std::uint8_t>("0123456789abcdef"[byte % 16]); });
    }
    if (!mixed_case)
        return;
    std::uint8_t bits[255];
    random(bits, sizeof bits);
    // A label's length is below every letter.
    for (std::size_t at = kNameAt; wire[at] != 0; ++at) {
        if (is_letter(wire[at]))
            wire[at] = static_cast<std::uint8_t>((wire[at] | 0x20) ^ (bits[at - kNameAt] & 0x20));
    }
}

} // namespace sonde::dns
